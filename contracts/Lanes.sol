// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ILanes} from "./interfaces/ILanes.sol";
import {ISuiteManager} from "./interfaces/ISuiteManager.sol";

/// @title Lanes
/// @notice Knows the one contract on each other chain that this contract believes.
/// @dev Its manager must be a `SuiteManager`, which it asks for a stop of the suite.
abstract contract Lanes is AccessManaged, ILanes {
    /// @dev One slot.
    struct Lane {
        address peer;
        /// How often the peer was changed.
        uint16 epoch;
        bool paused;
        /// When the pause began, in seconds of the suite's running: without those for which it was stopped, so that none is counted twice.
        uint40 pausedAt;
        /// Of all pauses before, in such seconds.
        uint32 pausedBefore;
    }

    mapping(uint64 chainId => Lane lane) private _lanes;

    /// @inheritdoc ILanes
    function setPeer(uint64 chainId, address peer) external restricted {
        if (_lanes[chainId].peer == peer) return;
        _lanes[chainId].peer = peer;
        ++_lanes[chainId].epoch;
        emit PeerSet(chainId, peer);
    }

    /// @inheritdoc ILanes
    function pauseLane(uint64 chainId) external restricted {
        Lane storage lane = _lanes[chainId];
        if (lane.paused) return;
        lane.paused = true;
        lane.pausedAt = _runningSeconds();
        emit LanePaused(chainId);
    }

    /// @inheritdoc ILanes
    function resumeLane(uint64 chainId) external restricted {
        Lane storage lane = _lanes[chainId];
        if (!lane.paused) return;
        lane.pausedBefore += _pauseOf(lane);
        lane.paused = false;
        emit LaneResumed(chainId);
    }

    /// @inheritdoc ILanes
    function peerOf(uint64 chainId) public view returns (address) {
        return _lanes[chainId].peer;
    }

    /// @inheritdoc ILanes
    function isPaused(uint64 chainId) public view returns (bool) {
        return _lanes[chainId].paused || _manager().isStopped();
    }

    /// @inheritdoc ILanes
    function pausedSeconds(uint64 chainId) public view returns (uint64) {
        Lane storage lane = _lanes[chainId];
        uint64 paused = _stoppedSeconds() + lane.pausedBefore;
        return lane.paused ? paused + _pauseOf(lane) : paused;
    }

    /// @dev The peer on `chainId`; reverts where there is none or the lane is paused, so that an unset lane is a closed one.
    function _requirePeer(uint64 chainId) internal view returns (address peer) {
        peer = _lanes[chainId].peer;
        if (peer == address(0)) revert LanesUnknownChain(chainId);
        _requireRunning(chainId);
    }

    function _requireRunning(uint64 chainId) internal view {
        if (isPaused(chainId)) revert LanesPaused(chainId);
    }

    /// @dev Which of its peers a lane has: what came from an earlier one is told by its number.
    function _laneEpoch(uint64 chainId) internal view returns (uint16) {
        return _lanes[chainId].epoch;
    }

    function _manager() private view returns (ISuiteManager) {
        return ISuiteManager(authority());
    }

    /// @dev For how long the lane is paused now. Another manager counts the stops anew, so that by its count the pause may be yet to begin.
    function _pauseOf(Lane storage lane) private view returns (uint32) {
        uint40 running = _runningSeconds();
        return running > lane.pausedAt ? uint32(running - lane.pausedAt) : 0;
    }

    function _stoppedSeconds() private view returns (uint64) {
        return _manager().stoppedSeconds();
    }

    /// @dev The time without the seconds for which the suite was stopped.
    function _runningSeconds() private view returns (uint40) {
        return uint40(block.timestamp - _stoppedSeconds());
    }
}
