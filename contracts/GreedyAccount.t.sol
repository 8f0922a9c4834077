// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title GreedyAccount
/// @notice An ERC-1271 account that uses so much gas, or all there is if that is less, before it accepts a signature; or returns as much
/// as its gas allows.
contract GreedyAccount is IERC1271 {
    uint64 private immutable _APPETITE;
    bool private immutable _VERBOSE;

    constructor(uint64 appetite, bool verbose) {
        _APPETITE = appetite;
        _VERBOSE = verbose;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        uint256 start = gasleft();
        if (_VERBOSE) _returnAll();
        while (start - gasleft() < _APPETITE) continue;
        return IERC1271.isValidSignature.selector;
    }

    function _returnAll() private view {
        // Memory costs 3 gas a word and more, and the caller pays for its copy too.
        uint256 size = gasleft() * 4;
        // solhint-disable-next-line no-inline-assembly
        assembly {
            return(0, size)
        }
    }
}
