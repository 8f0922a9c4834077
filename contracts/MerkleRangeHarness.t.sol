// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MerkleRange} from "./libraries/MerkleRange.sol";

/// @title MerkleRangeHarness
/// @notice A range that anyone may append to, and the library's proofs, for tests in TypeScript.
contract MerkleRangeHarness {
    mapping(uint256 height => bytes32 peak) private _peaks;

    /// @notice How many leaves there are.
    uint64 public size;

    /// @notice Appends a leaf by its bytes.
    function append(bytes calldata leaf) external {
        MerkleRange.append(_peaks, size++, MerkleRange.hashLeaf(leaf));
    }

    /// @notice The range's root.
    function root() external view returns (bytes32) {
        return MerkleRange.root(_peaks, size);
    }

    /// @notice The range's peaks.
    function peaks() external view returns (bytes32[] memory) {
        return MerkleRange.peaksOf(_peaks, size);
    }

    /// @notice See `MerkleRange`.
    function verifyInclusion(
        uint64 index,
        uint64 of_,
        bytes32 leaf,
        bytes32 expectedRoot,
        bytes32[] calldata proof
    ) external pure returns (bool) {
        return MerkleRange.verifyInclusion(index, of_, leaf, expectedRoot, proof);
    }

    /// @notice See `MerkleRange`.
    function verifyConsistency(
        uint64 first,
        uint64 second,
        bytes32 firstRoot,
        bytes32 secondRoot,
        bytes32[] calldata proof
    ) external pure returns (bool) {
        return MerkleRange.verifyConsistency(first, second, firstRoot, secondRoot, proof);
    }
}
