// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title ICheats
/// @notice The test runner's own calls, as far as these tests use them.
interface ICheats {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    /// @notice Sets the time of the current block.
    function warp(uint256 timestamp) external;

    /// @notice Sets the chain's id.
    function chainId(uint256 newChainId) external;

    /// @notice Makes the next call come from `caller`.
    function prank(address caller) external;

    /// @notice Records events from now on.
    function recordLogs() external;

    /// @notice The events since the last time that this was asked.
    function getRecordedLogs() external returns (Log[] memory);

    /// @notice The account of a private key.
    function addr(uint256 privateKey) external pure returns (address);

    /// @notice Signs a digest.
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
}

ICheats constant CHEATS = ICheats(address(uint160(uint256(keccak256("hevm cheat code")))));
