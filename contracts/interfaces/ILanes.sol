// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title ILanes
/// @notice The contract on each other chain whose messages are believed here.
interface ILanes {
    /// @notice Messages of `peer` on `chainId` are believed from now on; of nobody there if it is zero.
    event PeerSet(uint64 indexed chainId, address peer);

    /// @dev No peer is set for `chainId`: nothing from there is believed.
    error LanesUnknownChain(uint64 chainId);

    /// @notice Sets the contract on `chainId` whose messages are believed; zero closes the lane.
    /// @dev Role: lane manager. Setting what is already set does nothing.
    function setPeer(uint64 chainId, address peer) external;

    /// @notice The contract on `chainId` whose messages are believed, or zero.
    function peerOf(uint64 chainId) external view returns (address);
}
