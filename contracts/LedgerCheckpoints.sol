// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ILedgerCheckpoints} from "./interfaces/ILedgerCheckpoints.sol";
import {IRelayerSet} from "./interfaces/IRelayerSet.sol";
import {Lanes} from "./Lanes.sol";
import {Messages} from "./libraries/Messages.sol";
import {Pages} from "./libraries/Pages.sol";
import {Attestation} from "./types/Access.sol";
import {Checkpoint} from "./types/Checkpoint.sol";

/// @title LedgerCheckpoints
/// @notice What the access ledgers of other chains were seen to be, so that their operators cannot rewrite or fork them unseen.
/// @dev The peer on another chain is its `AccessLedger`. A ledger only grows, so of two of its checkpoints the longer is the later.
/// Checkpoints are kept per ledger: a lane that is moved to another ledger starts anew, and what was seen of the old one stays.
contract LedgerCheckpoints is Lanes, EIP712, ILedgerCheckpoints {
    /// @notice Says whose attestations make a checkpoint believed.
    IRelayerSet public immutable RELAYERS;

    /// @dev In order: each longer than the one before, and of a later block.
    mapping(uint64 chainId => mapping(address ledger => Checkpoint[])) private _checkpoints;

    /// @dev One more than the index of the checkpoint of so many entries, or zero.
    mapping(uint64 chainId => mapping(address ledger => mapping(uint64 entryCount => uint256))) private _positions;

    constructor(
        address manager,
        IRelayerSet relayers
    ) AccessManaged(manager) EIP712(Messages.LEDGER_CHECKPOINTS, Messages.VERSION) {
        RELAYERS = relayers;
    }

    /// @inheritdoc ILedgerCheckpoints
    function submitCheckpoint(
        Checkpoint calldata checkpoint,
        Attestation[] calldata attestations
    ) external returns (bool stored) {
        if (_requirePeer(checkpoint.chainId) != checkpoint.ledger) {
            revert LedgerCheckpointsWrongLedger(checkpoint.chainId, checkpoint.ledger);
        }
        RELAYERS.requireAttested(checkpointDigest(checkpoint), attestations);
        Checkpoint[] storage all = _checkpoints[checkpoint.chainId][checkpoint.ledger];
        uint256 position = _positions[checkpoint.chainId][checkpoint.ledger][checkpoint.entryCount];
        if (position != 0) return _confirm(all, position - 1, checkpoint);
        if (all.length != 0 && !_follows(all[all.length - 1], checkpoint)) return false;
        emit CheckpointStored(checkpoint.chainId, uint64(all.length), checkpoint);
        all.push(checkpoint);
        _positions[checkpoint.chainId][checkpoint.ledger][checkpoint.entryCount] = all.length;
        return true;
    }

    /// @inheritdoc ILedgerCheckpoints
    function latest(uint64 chainId, address ledger) external view returns (Checkpoint memory checkpoint) {
        Checkpoint[] storage all = _checkpoints[chainId][ledger];
        if (all.length != 0) checkpoint = all[all.length - 1];
    }

    /// @inheritdoc ILedgerCheckpoints
    function checkpointCount(uint64 chainId, address ledger) external view returns (uint64) {
        return uint64(_checkpoints[chainId][ledger].length);
    }

    /// @inheritdoc ILedgerCheckpoints
    function checkpoints(
        uint64 chainId,
        address ledger,
        uint64 from,
        uint64 count
    ) external view returns (Checkpoint[] memory page) {
        Checkpoint[] storage all = _checkpoints[chainId][ledger];
        page = new Checkpoint[](Pages.sizeOf(uint64(all.length), from, count));
        for (uint256 i = 0; i < page.length; ++i) page[i] = all[from + i];
    }

    /// @inheritdoc ILedgerCheckpoints
    function checkpointDigest(Checkpoint calldata checkpoint) public view returns (bytes32) {
        return _hashTypedDataV4(Messages.hash(checkpoint));
    }

    /// @dev Whether a checkpoint agrees with the stored one of its length: one head, and a block between its neighbours'.
    function _confirm(
        Checkpoint[] storage all,
        uint256 index,
        Checkpoint calldata checkpoint
    ) private returns (bool agrees) {
        uint64 block_ = checkpoint.blockNumber;
        bool afterPrevious = index == 0 || block_ > all[index - 1].blockNumber;
        bool beforeNext = index + 1 == all.length || block_ < all[index + 1].blockNumber;
        agrees = all[index].head == checkpoint.head && afterPrevious && beforeNext;
        if (!agrees) emit CheckpointContradicted(checkpoint.chainId, all[index], checkpoint);
    }

    /// @dev Whether a checkpoint of a length that is not stored can come after the latest. A shorter ledger at the same or a later
    /// block, or a longer one at the same or an earlier block, is a contradiction; a shorter one at an earlier block says nothing.
    function _follows(Checkpoint storage last, Checkpoint calldata checkpoint) private returns (bool follows) {
        bool longer = checkpoint.entryCount > last.entryCount;
        if (!longer && checkpoint.blockNumber < last.blockNumber) {
            revert LedgerCheckpointsStale(checkpoint.chainId, checkpoint.entryCount, last.entryCount);
        }
        follows = longer && checkpoint.blockNumber > last.blockNumber;
        if (!follows) emit CheckpointContradicted(checkpoint.chainId, last, checkpoint);
    }
}
