// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IMessageOutbox
/// @notice What the contracts of this chain say to other chains, as a Merkle mountain range of each sender, so that one proof of a few
/// storage slots shows all of a sender's messages so far.
interface IMessageOutbox {
    /// @notice A message was appended to its sender's range.
    event MessageSent(address indexed sender, uint64 indexed index, bytes32 message);

    /// @notice Appends a message of the caller to the caller's range. By any contract: a reader asks for the ranges of those it knows.
    /// @param message its digest
    function sendMessage(bytes32 message) external;

    /// @notice How many messages a sender has sent.
    function messageCount(address sender) external view returns (uint64);

    /// @notice A peak of a sender's range, as it was when its tree was last filled: the root of 2^height leaves.
    function peakOf(address sender, uint256 height) external view returns (bytes32);
}
