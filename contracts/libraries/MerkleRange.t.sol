// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MerkleRange} from "./MerkleRange.sol";

/// @title MerkleRangeTest
/// @notice The range against the definition of RFC 6962, section 2.1, written down as it stands there.
contract MerkleRangeTest {
    mapping(uint256 height => bytes32 peak) private _peaks;

    /// @notice Whatever the leaves, the root after each is the tree hash of those so far, and the bagged peaks.
    function testFuzzRootIsTheTreeHash(bytes32 seed, uint8 count) public {
        uint64 size = count % 40;
        bytes32[] memory leaves = new bytes32[](size);
        for (uint64 i = 0; i < size; ++i) {
            leaves[i] = MerkleRange.hashLeaf(abi.encode(seed, i));
            MerkleRange.append(_peaks, i, leaves[i]);
        }
        bytes32 expected = _treeHash(leaves, 0, size);
        assert(MerkleRange.root(_peaks, size) == expected);
        bytes32[] memory peaks = MerkleRange.peaksOf(_peaks, size);
        assert(MerkleRange.bag(peaks) == expected);
    }

    /// @notice A leaf is no node: two leaves that look like a node's children do not make its hash.
    function testFuzzLeavesAreNotNodes(bytes32 left, bytes32 right) public pure {
        assert(MerkleRange.hashLeaf(bytes.concat(left, right)) != MerkleRange.hashNode(left, right));
    }

    function _treeHash(bytes32[] memory leaves, uint256 from, uint256 count) private pure returns (bytes32) {
        if (count == 0) return sha256("");
        if (count == 1) return leaves[from];
        uint256 split = 1;
        while (split * 2 < count) split *= 2;
        return MerkleRange.hashNode(_treeHash(leaves, from, split), _treeHash(leaves, from + split, count - split));
    }
}
