// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Mutations
/// @notice Ways to alter bytes, none of which leaves them as they were.
library Mutations {
    /// @notice Changes one byte, cuts the end, or adds to it.
    function altered(
        bytes memory original,
        uint256 position,
        uint8 change,
        uint8 kind
    ) internal pure returns (bytes memory) {
        if (change == 0) change = 1;
        if (kind % 4 == 1) return bytes.concat(original, bytes1(change));
        if (kind % 4 == 2) return _cut(original, position % original.length);
        bytes memory copy = bytes.concat(original);
        uint256 at = position % copy.length;
        copy[at] = bytes1(uint8(copy[at]) ^ change);
        return copy;
    }

    /// @notice Alters one of several, or leaves it out, or has it twice, or has two of them change places.
    function alteredList(
        bytes[] memory list,
        uint256 which,
        uint256 position,
        uint8 change,
        uint8 kind
    ) internal pure returns (bytes[] memory) {
        which %= list.length;
        uint8 way = kind % 8;
        if (way == 5) return _without(list, which);
        if (way == 6) return _twice(list, which);
        if (way == 7 && list.length > 1) return _swapped(list, which, (which + 1) % list.length);
        list[which] = altered(list[which], position, change, way);
        return list;
    }

    function _cut(bytes memory original, uint256 length) private pure returns (bytes memory copy) {
        copy = new bytes(length);
        for (uint256 i = 0; i < length; ++i) copy[i] = original[i];
    }

    function _without(bytes[] memory list, uint256 which) private pure returns (bytes[] memory copy) {
        copy = new bytes[](list.length - 1);
        for (uint256 i = 0; i < copy.length; ++i) copy[i] = list[i < which ? i : i + 1];
    }

    function _twice(bytes[] memory list, uint256 which) private pure returns (bytes[] memory copy) {
        copy = new bytes[](list.length + 1);
        for (uint256 i = 0; i < copy.length; ++i) copy[i] = list[i <= which ? i : i - 1];
    }

    function _swapped(bytes[] memory list, uint256 one, uint256 other) private pure returns (bytes[] memory) {
        (list[one], list[other]) = (list[other], list[one]);
        return list;
    }
}
