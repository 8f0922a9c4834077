// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title MerkleRange
/// @notice An append-only Merkle mountain range over SHA-256, and the proofs of RFC 9162 about it.
/// @dev A range of `size` leaves is kept as its peaks: the roots of the perfect trees that its leaves fill, one for each bit of `size`.
/// A leaf's hash is SHA-256(0x00 || leaf), a node's SHA-256(0x01 || left || right). The peaks, bagged from right to left, make the
/// Merkle tree hash of RFC 6962, section 2.1, so that anything which reads transparency logs can check a proof of it.
library MerkleRange {
    /// @notice The root of no leaves: SHA-256 of nothing.
    bytes32 internal constant EMPTY_ROOT = 0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;

    /// @notice Appends a leaf to a range of `size` leaves. Only the peaks at the bits of `size + 1` mean something afterwards.
    /// @param peaks by the height of their trees, as bits of `size` are counted
    function append(mapping(uint256 height => bytes32 peak) storage peaks, uint64 size, bytes32 leaf) internal {
        uint256 height = 0;
        bytes32 peak = leaf;
        // As one carries in binary: a tree that finds another of its height becomes its right half.
        for (uint64 rest = size; rest & 1 == 1; rest >>= 1) peak = hashNode(peaks[height++], peak);
        peaks[height] = peak;
    }

    /// @notice Makes an empty range one of `size` leaves.
    /// @param list its peaks, the largest first
    function resume(
        mapping(uint256 height => bytes32 peak) storage peaks,
        uint64 size,
        bytes32[] memory list
    ) internal {
        uint256 next = list.length;
        uint256 height = 0;
        for (uint64 rest = size; rest != 0; rest >>= 1) {
            if (rest & 1 == 1) peaks[height] = list[--next];
            ++height;
        }
    }

    /// @notice The root of a range of `size` leaves.
    function root(
        mapping(uint256 height => bytes32 peak) storage peaks,
        uint64 size
    ) internal view returns (bytes32 bagged) {
        if (size == 0) return EMPTY_ROOT;
        bool isFirst = true;
        uint256 height = 0;
        for (uint64 rest = size; rest != 0; rest >>= 1) {
            if (rest & 1 == 1) {
                bagged = isFirst ? peaks[height] : hashNode(peaks[height], bagged);
                isFirst = false;
            }
            ++height;
        }
    }

    /// @notice The peaks of a range of `size` leaves, the largest first.
    function peaksOf(
        mapping(uint256 height => bytes32 peak) storage peaks,
        uint64 size
    ) internal view returns (bytes32[] memory list) {
        uint256 count = 0;
        for (uint64 rest = size; rest != 0; rest >>= 1) count += rest & 1;
        list = new bytes32[](count);
        uint256 height = 0;
        for (uint64 rest = size; rest != 0; rest >>= 1) {
            if (rest & 1 == 1) list[--count] = peaks[height];
            ++height;
        }
    }

    /// @notice Whether `leaf` is the hash of the leaf at `index` in the range of `size` leaves with this root.
    /// @dev RFC 9162, section 2.1.3.2.
    function verifyInclusion(
        uint64 index,
        uint64 size,
        bytes32 leaf,
        bytes32 expectedRoot,
        bytes32[] calldata proof
    ) internal pure returns (bool) {
        if (index >= size) return false;
        uint64 fn = index;
        uint64 sn = size - 1;
        bytes32 r = leaf;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (sn == 0) return false;
            if (fn & 1 == 1 || fn == sn) {
                r = hashNode(proof[i], r);
                while (fn & 1 == 0 && fn != 0) (fn, sn) = (fn >> 1, sn >> 1);
            } else {
                r = hashNode(r, proof[i]);
            }
            (fn, sn) = (fn >> 1, sn >> 1);
        }
        return sn == 0 && r == expectedRoot;
    }

    /// @notice The root of a perfect tree, by one of its leaves' hashes, the leaf's index, and the siblings on its path. Of an index in a
    /// larger range, only the bits below the tree's height count.
    function perfectRoot(uint64 index, bytes32 leaf, bytes32[] calldata path) internal pure returns (bytes32 r) {
        r = leaf;
        for (uint256 i = 0; i < path.length; ++i) {
            r = (index >> i) & 1 == 1 ? hashNode(path[i], r) : hashNode(r, path[i]);
        }
    }

    /// @notice The root of a range with these peaks, the largest first.
    function bag(bytes32[] memory peaks) internal pure returns (bytes32 bagged) {
        if (peaks.length == 0) return EMPTY_ROOT;
        bagged = peaks[peaks.length - 1];
        for (uint256 i = peaks.length - 1; i > 0; --i) bagged = hashNode(peaks[i - 1], bagged);
    }

    /// @notice Whether the range of `second` leaves begins with the range of `first` leaves.
    /// @dev RFC 9162, section 2.1.4.2. Of an empty first range, which it leaves out, nothing need be proven.
    function verifyConsistency(
        uint64 first,
        uint64 second,
        bytes32 firstRoot,
        bytes32 secondRoot,
        bytes32[] calldata proof
    ) internal pure returns (bool) {
        if (first > second) return false;
        if (first == 0) return proof.length == 0 && firstRoot == EMPTY_ROOT;
        if (first == second) return proof.length == 0 && firstRoot == secondRoot;
        if (proof.length == 0) return false;
        // A first range that is one perfect tree is itself a node of the second, and not in the proof again.
        bool isPerfect = first & (first - 1) == 0;
        bytes32 seed = isPerfect ? firstRoot : proof[0];
        (bool fits, bytes32 fr, bytes32 sr) = _bothRoots(first - 1, second - 1, seed, isPerfect ? 0 : 1, proof);
        return fits && fr == firstRoot && sr == secondRoot;
    }

    /// @notice The hash of a leaf.
    function hashLeaf(bytes memory leaf) internal pure returns (bytes32) {
        return sha256(bytes.concat(hex"00", leaf));
    }

    /// @notice The hash of a node with these children.
    function hashNode(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(bytes.concat(hex"01", left, right));
    }

    /// @dev The roots of both ranges, as the proof from `next` on has them, by the last index of each, and whether it is as long as it
    /// must be. The letters are those of RFC 9162.
    function _bothRoots(
        uint64 fn,
        uint64 sn,
        bytes32 seed,
        uint256 next,
        bytes32[] calldata proof
    ) private pure returns (bool fits, bytes32 fr, bytes32 sr) {
        while (fn & 1 == 1) (fn, sn) = (fn >> 1, sn >> 1);
        (fr, sr) = (seed, seed);
        for (; next < proof.length; ++next) {
            if (sn == 0) return (false, fr, sr);
            if (fn & 1 == 1 || fn == sn) {
                (fr, sr) = (hashNode(proof[next], fr), hashNode(proof[next], sr));
                while (fn & 1 == 0 && fn != 0) (fn, sn) = (fn >> 1, sn >> 1);
            } else {
                sr = hashNode(sr, proof[next]);
            }
            (fn, sn) = (fn >> 1, sn >> 1);
        }
        return (sn == 0, fr, sr);
    }
}
