// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ILanes} from "./interfaces/ILanes.sol";

/// @title Lanes
/// @notice Knows the one contract on each other chain that this contract believes.
abstract contract Lanes is AccessManaged, ILanes {
    struct Lane {
        address peer;
        bool paused;
    }

    mapping(uint64 chainId => Lane lane) private _lanes;

    /// @inheritdoc ILanes
    function setPeer(uint64 chainId, address peer) external restricted {
        if (_lanes[chainId].peer == peer) return;
        _lanes[chainId].peer = peer;
        emit PeerSet(chainId, peer);
    }

    /// @inheritdoc ILanes
    function pauseLane(uint64 chainId) external restricted {
        if (_lanes[chainId].paused) return;
        _lanes[chainId].paused = true;
        emit LanePaused(chainId);
    }

    /// @inheritdoc ILanes
    function resumeLane(uint64 chainId) external restricted {
        if (!_lanes[chainId].paused) return;
        _lanes[chainId].paused = false;
        emit LaneResumed(chainId);
    }

    /// @inheritdoc ILanes
    function peerOf(uint64 chainId) external view returns (address) {
        return _lanes[chainId].peer;
    }

    /// @inheritdoc ILanes
    function isPaused(uint64 chainId) external view returns (bool) {
        return _lanes[chainId].paused;
    }

    /// @dev The peer on `chainId`; reverts where there is none or the lane is paused, so that an unset lane is a closed one.
    function _requirePeer(uint64 chainId) internal view returns (address peer) {
        Lane storage lane = _lanes[chainId];
        peer = lane.peer;
        if (peer == address(0)) revert LanesUnknownChain(chainId);
        if (lane.paused) revert LanesPaused(chainId);
    }
}
