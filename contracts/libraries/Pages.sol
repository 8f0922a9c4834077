// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Pages
/// @notice Cuts a page out of a numbered list.
library Pages {
    /// @notice How many of `count` items from `from` on there are in a list of `total`; zero past its end.
    function sizeOf(uint64 total, uint64 from, uint64 count) internal pure returns (uint64) {
        if (from >= total) return 0;
        uint64 left = total - from;
        return count < left ? count : left;
    }
}
