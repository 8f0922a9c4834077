// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BlsSignatures} from "./libraries/BlsSignatures.sol";

/// @title BlsSignaturesHarness
/// @notice The library, for tests in TypeScript.
contract BlsSignaturesHarness {
    /// @notice See `BlsSignatures`.
    function isSupported() external view returns (bool) {
        return BlsSignatures.isSupported();
    }

    /// @notice See `BlsSignatures`.
    function hashToPoint(bytes calldata message, bytes calldata tag) external view returns (bytes memory) {
        return BlsSignatures.hashToPoint(message, tag);
    }

    /// @notice See `BlsSignatures`.
    function isValid(
        bytes calldata key,
        bytes32 message,
        bytes calldata tag,
        bytes calldata signature
    ) external view returns (bool) {
        return BlsSignatures.isValid(key, message, tag, signature);
    }

    /// @notice See `BlsSignatures`.
    function add(bytes calldata one, bytes calldata other) external view returns (bytes memory) {
        return BlsSignatures.add(one, other);
    }
}
