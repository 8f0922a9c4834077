// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title NaiveTree
/// @notice The Merkle tree hash of RFC 6962, section 2.1, as it stands there: recursive, over all leaves, and without anything of
/// `MerkleRange`.
library NaiveTree {
    /// @notice The root over the hashes of leaves.
    function root(bytes32[] storage leaves) internal view returns (bytes32) {
        return leaves.length == 0 ? sha256("") : _root(leaves, 0, leaves.length);
    }

    /// @notice The root of some leaves, whose number is not zero.
    function subtree(bytes32[] storage leaves, uint256 from, uint256 count) internal view returns (bytes32) {
        return _root(leaves, from, count);
    }

    /// @notice The hash of a leaf.
    function hashLeaf(bytes memory leaf) internal pure returns (bytes32) {
        return sha256(bytes.concat(hex"00", leaf));
    }

    function _root(bytes32[] storage leaves, uint256 from, uint256 count) private view returns (bytes32) {
        if (count == 1) return leaves[from];
        uint256 split = 1;
        while (split * 2 < count) split *= 2;
        bytes32 left = _root(leaves, from, split);
        return sha256(bytes.concat(hex"01", left, _root(leaves, from + split, count - split)));
    }
}
