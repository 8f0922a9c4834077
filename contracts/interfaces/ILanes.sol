// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title ILanes
/// @notice The contract on each other chain whose messages are believed here.
interface ILanes {
    /// @notice Messages of `peer` on `chainId` are believed from now on; of nobody there if it is zero.
    event PeerSet(uint64 indexed chainId, address peer);
    /// @notice Nothing is taken from, or asked of, `chainId` from now on.
    event LanePaused(uint64 indexed chainId);
    /// @notice The lane works again, unless the suite is stopped.
    event LaneResumed(uint64 indexed chainId);

    /// @dev No peer is set for `chainId`: nothing from there is believed.
    error LanesUnknownChain(uint64 chainId);
    /// @dev The lane is paused, or the suite stopped: nothing from there is believed until it is resumed.
    error LanesPaused(uint64 chainId);

    /// @notice Sets the contract on `chainId` whose messages are believed; zero closes the lane. A paused lane stays paused.
    /// @dev Role: lane manager. Setting what is already set does nothing. Requests that came over the lane before are not granted any
    /// more, even if the former peer is set again: to stop a lane for a while, pause it.
    function setPeer(uint64 chainId, address peer) external;

    /// @notice Stops this lane alone, whether it is open or not. Role: lane manager. A guardian stops all lanes at once, see
    /// `ISuiteManager.stop`.
    function pauseLane(uint64 chainId) external;

    /// @notice Ends a pause of this lane. Role: lane manager.
    function resumeLane(uint64 chainId) external;

    /// @notice The contract on `chainId` whose messages are believed while the lane is not paused, or zero.
    function peerOf(uint64 chainId) external view returns (address);

    /// @notice Whether the lane is paused, by itself or by a stop of the suite.
    function isPaused(uint64 chainId) external view returns (bool);

    /// @notice For how many seconds the lane was paused so far, by itself or by a stop of the suite, this pause included.
    function pausedSeconds(uint64 chainId) external view returns (uint64);
}
