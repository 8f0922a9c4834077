// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Signatures
/// @notice Whether an account signed: by its key, or by its contract's word (ERC-1271), which may use so much gas and no more.
/// @dev OpenZeppelin's `SignatureChecker` passes on all gas there is, so that a member's contract could burn a carrier's whole
/// transaction. What such a contract returns is copied, which at most doubles what it used.
library Signatures {
    /// @notice The gas that a contract account may use to judge a signature. With it, a call fits into an item of a batch.
    uint256 internal constant CONTRACT_GAS = 200_000;

    /// @notice The longest signature of a contract account, in bytes. Whoever carries a signature pays for its bytes, and a batch of many must
    /// still be a transaction that nodes take (128 KiB).
    uint256 internal constant MAX_LENGTH = 2048;

    /// @dev A carrier that gives too little gas starves the account's contract: it is then not believed, and the call reverts.
    function isValid(address account, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        if (account.code.length == 0) return isByKey(account, digest, signature);
        if (signature.length > MAX_LENGTH) return false;
        bytes memory call = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory answer) = account.staticcall{gas: CONTRACT_GAS}(call);
        if (!success || answer.length < 32) return false;
        return abi.decode(answer, (bytes32)) == bytes32(IERC1271.isValidSignature.selector);
    }

    /// @notice Whether the account's own key signed, whatever code it has. What is so once stays so.
    function isByKey(address account, bytes32 digest, bytes calldata signature) internal pure returns (bool) {
        (address recovered, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(digest, signature);
        return failure == ECDSA.RecoverError.NoError && recovered == account;
    }
}
