// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IMessageOutbox} from "./interfaces/IMessageOutbox.sol";
import {MerkleRange} from "./libraries/MerkleRange.sol";

/// @title MessageOutbox
/// @notice What the contracts of this chain say to other chains, as a Merkle mountain range of each sender.
/// @dev The leaf of a message is `MerkleRange.hashLeaf(abi.encode(message))`. The other chain reads `_peaks` by storage proofs, so it stays at
/// slot 0, see `ProvenSlots`: this is the first base of the contract that has it. Whatever is at such a slot was the root of a perfect tree of
/// messages that were sent, now or when the tree was filled; a reader need not know how many there are.
abstract contract MessageOutbox is IMessageOutbox {
    mapping(address sender => mapping(uint256 height => bytes32 peak)) private _peaks;

    /// @inheritdoc IMessageOutbox
    mapping(address sender => uint64 count) public messageCount;

    /// @inheritdoc IMessageOutbox
    function sendMessage(bytes32 message) external {
        uint64 index = messageCount[msg.sender]++;
        MerkleRange.append(_peaks[msg.sender], index, MerkleRange.hashLeaf(abi.encode(message)));
        emit MessageSent(msg.sender, index, message);
    }

    /// @inheritdoc IMessageOutbox
    function peakOf(address sender, uint256 height) external view returns (bytes32) {
        return _peaks[sender][height];
    }
}
