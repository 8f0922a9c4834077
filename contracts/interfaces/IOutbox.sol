// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IOutbox
/// @notice Numbers the events that are relayed to another chain, so that a reader can prove that it has missed none.
interface IOutbox {
    /// @notice The number of the last relayed event. They are numbered without gaps from 1; zero means none yet.
    function sequence() external view returns (uint64);
}
