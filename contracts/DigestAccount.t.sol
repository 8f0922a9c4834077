// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title DigestAccount
/// @notice An ERC-1271 account: a signature is valid while its keeper approves the digest.
contract DigestAccount is IERC1271 {
    /// @notice Who approves.
    address public immutable KEEPER = msg.sender;

    mapping(bytes32 digest => bool isApproved) private _approved;

    /// @notice Approves a digest, or withdraws the approval. By the keeper.
    function setApproved(bytes32 digest, bool isApproved) external {
        assert(msg.sender == KEEPER);
        _approved[digest] = isApproved;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return _approved[digest] ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
