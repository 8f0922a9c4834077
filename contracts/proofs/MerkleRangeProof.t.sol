// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MerkleRange} from "../libraries/MerkleRange.sol";

/// @title MerkleRangeProof
/// @notice The ledger's range, for all leaves of ledgers of up to eight entries.
contract MerkleRangeProof {
    mapping(uint256 height => bytes32 peak) private _peaks;

    /// @notice After each append the root is the tree hash of RFC 6962, section 2.1, of the leaves so far.
    function checkRootIsTheTreeHash(bytes32[8] calldata leaves) public {
        for (uint64 size = 0; size < 8; ++size) {
            MerkleRange.append(_peaks, size, leaves[size]);
            assert(MerkleRange.root(_peaks, size + 1) == _treeHash(leaves, 0, size + 1));
        }
    }

    function _treeHash(bytes32[8] calldata leaves, uint256 from, uint256 count) private pure returns (bytes32) {
        if (count == 1) return leaves[from];
        uint256 split = 1;
        while (split * 2 < count) split *= 2;
        return MerkleRange.hashNode(_treeHash(leaves, from, split), _treeHash(leaves, from + split, count - split));
    }
}
