// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IBatches
/// @notice Batches in which a bad item is reported and skipped, and never holds up the others.
interface IBatches {
    /// @notice The item was refused, for the reason that it would be refused alone; nothing of it took effect.
    /// @param index the item's place in its batch, from zero
    /// @param id the request or record that the item is about
    /// @param reason the custom error, ABI-encoded; empty if the item used up `ITEM_GAS`
    event BatchItemSkipped(uint256 indexed index, bytes32 indexed id, bytes reason);

    /// @dev The transaction has too little gas left to try the item fairly: send it with more, or with fewer items.
    error BatchesOutOfGas(uint256 index);
}
