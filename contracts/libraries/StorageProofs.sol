// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";

/// @title StorageProofs
/// @notice What a contract of another chain has in its storage, by that chain's state root and proofs as of `eth_getProof` (EIP-1186).
/// @dev Only that something is there is ever proven: a slot of zero has no leaf, and its proof is refused.
library StorageProofs {
    /// @notice The most nodes of a proof: a path of 64 nibbles has no more.
    uint256 internal constant MAX_NODES = 64;

    /// @notice The longest node: a branch of 16 hashes, and then some.
    uint256 internal constant MAX_NODE_LENGTH = 1024;

    /// @dev Of an account: nonce, balance, storage root, code hash (Yellow Paper, section 4.1).
    uint256 private constant _ACCOUNT_FIELDS = 4;
    uint256 private constant _STORAGE_ROOT = 2;

    /// @dev It has more nodes than a path, or a longer one than any, or its leaf is no account.
    error StorageProofsMalformed();

    /// @notice The root of an account's storage.
    function storageRoot(bytes32 stateRoot, address account, bytes[] calldata proof) internal pure returns (bytes32) {
        bytes memory leaf = _traverse(stateRoot, abi.encodePacked(account), proof);
        Memory.Slice[] memory fields = RLP.decodeList(leaf);
        if (fields.length != _ACCOUNT_FIELDS) revert StorageProofsMalformed();
        return RLP.readBytes32(fields[_STORAGE_ROOT]);
    }

    /// @notice What is at a slot, which is not zero.
    function valueAt(bytes32 root, bytes32 slot, bytes[] calldata proof) internal pure returns (bytes32) {
        return RLP.decodeBytes32(_traverse(root, abi.encodePacked(slot), proof));
    }

    /// @dev Both tries are secure: their keys are hashed.
    function _traverse(bytes32 root, bytes memory key, bytes[] calldata proof) private pure returns (bytes memory) {
        if (proof.length > MAX_NODES) revert StorageProofsMalformed();
        for (uint256 i = 0; i < proof.length; ++i) {
            if (proof[i].length > MAX_NODE_LENGTH) revert StorageProofsMalformed();
        }
        return TrieProof.traverse(root, abi.encodePacked(keccak256(key)), proof);
    }
}
