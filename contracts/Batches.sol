// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBatches} from "./interfaces/IBatches.sol";
import {RequestId} from "./types/Ids.sol";

/// @title Batches
/// @notice Batches in which a bad item is reported and skipped, and never holds up the others.
/// @dev Each item is this contract's own call for a single item, made by `delegatecall` on itself (as OpenZeppelin's `Multicall`
/// does), so it has the same caller, the same checks and its own revert. No function that is called this way is payable.
abstract contract Batches is IBatches {
    /// @notice The gas that one item may use. It bounds what a contract account can burn on the way to its signature.
    uint256 public constant ITEM_GAS = 600_000;

    /// @dev For the event that reports an item, beside the item's own gas.
    uint256 private constant _REPORT_GAS = 20_000;

    /// @dev Tries one item. What comes back is a custom error of this suite, so it is short.
    function _attempt(uint256 index, bytes memory call) internal returns (bool success, bytes memory reason) {
        _requireItemGas(index);
        // solhint-disable-next-line avoid-low-level-calls
        return address(this).delegatecall{gas: ITEM_GAS}(call);
    }

    /// @dev Reports an item that is skipped.
    function _report(uint256 index, RequestId requestId, bytes memory reason) internal {
        emit BatchItemSkipped(index, RequestId.unwrap(requestId), reason);
    }

    /// @dev An item is only ever skipped for its own fault: where the gas that EIP-150 lets us pass on (63/64) is less than an item may
    /// need, the whole batch reverts.
    function _requireItemGas(uint256 index) internal view {
        uint256 available = gasleft();
        if (available - available / 64 < ITEM_GAS + _REPORT_GAS) revert BatchesOutOfGas(index);
    }
}
