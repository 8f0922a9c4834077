// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ILanes} from "./interfaces/ILanes.sol";

/// @title Lanes
/// @notice Knows the one contract on each other chain that this contract believes.
abstract contract Lanes is AccessManaged, ILanes {
    mapping(uint64 chainId => address peer) private _peers;

    /// @inheritdoc ILanes
    function setPeer(uint64 chainId, address peer) external restricted {
        if (_peers[chainId] == peer) return;
        _peers[chainId] = peer;
        emit PeerSet(chainId, peer);
    }

    /// @inheritdoc ILanes
    function peerOf(uint64 chainId) external view returns (address) {
        return _peers[chainId];
    }

    /// @dev The peer on `chainId`; reverts where there is none, so that an unset lane is a closed one.
    function _requirePeer(uint64 chainId) internal view returns (address peer) {
        peer = _peers[chainId];
        if (peer == address(0)) revert LanesUnknownChain(chainId);
    }
}
