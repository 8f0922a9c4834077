// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {StorageProofs} from "./libraries/StorageProofs.sol";

/// @title StorageProofsHarness
/// @notice The library's proofs as calls of their own, which may revert.
contract StorageProofsHarness {
    /// @notice As the library.
    function storageRoot(bytes32 stateRoot, address account, bytes[] calldata proof) external pure returns (bytes32) {
        return StorageProofs.storageRoot(stateRoot, account, proof);
    }

    /// @notice As the library.
    function valueAt(bytes32 root, bytes32 slot, bytes[] calldata proof) external pure returns (bytes32) {
        return StorageProofs.valueAt(root, slot, proof);
    }
}
