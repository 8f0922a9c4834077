// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IOutbox} from "./interfaces/IOutbox.sol";

/// @title Outbox
/// @notice Numbers the events that are relayed to another chain, so that a reader can prove that it has missed none.
abstract contract Outbox is IOutbox {
    /// @inheritdoc IOutbox
    uint64 public sequence;

    function _nextSequence() internal returns (uint64) {
        return ++sequence;
    }
}
