// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title ILanes
/// @notice The contract on each other chain whose messages are believed here.
interface ILanes {
    /// @notice Messages of `peer` on `chainId` are believed from now on; of nobody there if it is zero.
    event PeerSet(uint64 indexed chainId, address peer);
    /// @notice Nothing is taken from, or asked of, `chainId` from now on.
    event LanePaused(uint64 indexed chainId);
    /// @notice The lane works again.
    event LaneResumed(uint64 indexed chainId);

    /// @dev No peer is set for `chainId`: nothing from there is believed.
    error LanesUnknownChain(uint64 chainId);
    /// @dev The lane is paused: nothing from there is believed until it is resumed.
    error LanesPaused(uint64 chainId);

    /// @notice Sets the contract on `chainId` whose messages are believed; zero closes the lane. A paused lane stays paused.
    /// @dev Role: lane manager. Setting what is already set does nothing.
    function setPeer(uint64 chainId, address peer) external;

    /// @notice Stops a lane at once, whether it is open or not. Role: guardian.
    function pauseLane(uint64 chainId) external;

    /// @notice Ends a pause. Role: lane manager.
    function resumeLane(uint64 chainId) external;

    /// @notice The contract on `chainId` whose messages are believed while the lane is not paused, or zero.
    function peerOf(uint64 chainId) external view returns (address);

    /// @notice Whether the lane is paused.
    function isPaused(uint64 chainId) external view returns (bool);
}
