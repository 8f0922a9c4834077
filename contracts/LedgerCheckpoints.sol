// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ILedgerCheckpoints} from "./interfaces/ILedgerCheckpoints.sol";
import {IMailbox} from "./interfaces/IMailbox.sol";
import {IRelayerSet} from "./interfaces/IRelayerSet.sol";
import {Lanes} from "./Lanes.sol";
import {MerkleRange} from "./libraries/MerkleRange.sol";
import {Messages} from "./libraries/Messages.sol";
import {Pages} from "./libraries/Pages.sol";
import {RequestTimes} from "./libraries/RequestTimes.sol";
import {Attestations} from "./types/Access.sol";
import {Checkpoint, Extension} from "./types/Checkpoint.sol";

/// @title LedgerCheckpoints
/// @notice What the access ledgers of other chains were seen to be, so that their operators cannot rewrite or fork them unseen.
/// @dev The peer on another chain is its `AccessLedger`. Checkpoints are kept per ledger: a lane that is moved to another ledger starts
/// anew, and what was seen of the old one stays.
contract LedgerCheckpoints is Lanes, EIP712, ILedgerCheckpoints {
    /// @notice No chain makes more blocks in a second; a chain's first block is of 1970 or later.
    uint256 public constant MAX_BLOCKS_PER_SECOND = 1000;

    /// @notice No block holds more entries.
    uint256 public constant MAX_ENTRIES_PER_BLOCK = 2 ** 16;

    /// @notice Says whose attestations make a checkpoint believed.
    IRelayerSet public immutable RELAYERS;

    /// @notice Says what must be attested, or proven.
    IMailbox public immutable MAILBOX;

    struct History {
        /// By number, from one, which has index zero.
        Checkpoint[] checkpoints;
        /// The numbers of those that they extend.
        uint64[] bases;
        /// The first that was stored of so many entries.
        mapping(uint64 entryCount => uint64 number) ofLength;
        /// By entry count, head and root.
        mapping(bytes32 contents => uint64 number) ofContents;
    }

    mapping(uint64 chainId => mapping(address ledger => History)) private _histories;

    constructor(
        address manager,
        IRelayerSet relayers,
        IMailbox mailbox
    ) AccessManaged(manager) EIP712(Messages.LEDGER_CHECKPOINTS, Messages.VERSION) {
        RELAYERS = relayers;
        MAILBOX = mailbox;
    }

    /// @inheritdoc ILedgerCheckpoints
    function submitCheckpoint(
        Checkpoint calldata checkpoint,
        Extension calldata extension,
        Attestations calldata attestations
    ) external returns (uint64 number) {
        if (_requirePeer(checkpoint.chainId) != checkpoint.ledger) {
            revert LedgerCheckpointsWrongLedger(checkpoint.chainId, checkpoint.ledger);
        }
        _requirePlausible(checkpoint);
        bytes32 digest = checkpointDigest(checkpoint, attestations.epoch, attestations.expiry);
        if (MAILBOX.needsAttestation(checkpoint.chainId, msg.sender)) RELAYERS.requireAttested(digest, attestations);

        History storage history = _histories[checkpoint.chainId][checkpoint.ledger];
        bytes32 contents = _contentsOf(checkpoint.entryCount, checkpoint.head, checkpoint.root);
        number = history.ofContents[contents];
        if (number != 0) {
            _confirm(history, number, checkpoint, extension.base);
            return number;
        }
        (uint64 base, uint64 contradicted) = _compare(history, checkpoint, extension);
        history.checkpoints.push(checkpoint);
        history.bases.push(base);
        number = uint64(history.checkpoints.length);
        history.ofContents[contents] = number;
        if (history.ofLength[checkpoint.entryCount] == 0) history.ofLength[checkpoint.entryCount] = number;
        emit CheckpointStored(checkpoint.chainId, number, checkpoint, base);
        if (contradicted != 0) _emitContradicted(history, contradicted, checkpoint);
    }

    /// @inheritdoc ILedgerCheckpoints
    function compareCheckpoints(uint64 chainId, address ledger, uint64 number, Extension calldata extension) external {
        History storage history = _histories[chainId][ledger];
        uint64 base = extension.base;
        uint256 count = history.checkpoints.length;
        if (number == 0 || number > count) revert LedgerCheckpointsUnknownBase(chainId, number);
        if (base == 0 || base > count || base == number) revert LedgerCheckpointsUnknownBase(chainId, base);
        Checkpoint memory checkpoint = history.checkpoints[number - 1];
        Checkpoint storage other = history.checkpoints[base - 1];
        if (!_grows(other, checkpoint) || !_extends(other, checkpoint, extension)) {
            _emitContradicted(history, base, checkpoint);
        } else if (history.bases[number - 1] == 0) {
            history.bases[number - 1] = base;
            emit CheckpointExtended(chainId, number, base);
        }
    }

    /// @inheritdoc ILedgerCheckpoints
    function latest(uint64 chainId, address ledger) external view returns (Checkpoint memory checkpoint) {
        Checkpoint[] storage all = _histories[chainId][ledger].checkpoints;
        if (all.length != 0) checkpoint = all[all.length - 1];
    }

    /// @inheritdoc ILedgerCheckpoints
    function numberOf(
        uint64 chainId,
        address ledger,
        uint64 entryCount,
        bytes32 head,
        bytes32 root
    ) external view returns (uint64) {
        return _histories[chainId][ledger].ofContents[_contentsOf(entryCount, head, root)];
    }

    /// @inheritdoc ILedgerCheckpoints
    function checkpointCount(uint64 chainId, address ledger) external view returns (uint64) {
        return uint64(_histories[chainId][ledger].checkpoints.length);
    }

    /// @inheritdoc ILedgerCheckpoints
    function checkpoints(
        uint64 chainId,
        address ledger,
        uint64 from,
        uint64 count
    ) external view returns (Checkpoint[] memory page, uint64[] memory bases) {
        History storage history = _histories[chainId][ledger];
        uint64 size = Pages.sizeOf(uint64(history.checkpoints.length), from, count);
        page = new Checkpoint[](size);
        bases = new uint64[](size);
        for (uint256 i = 0; i < size; ++i)
            (page[i], bases[i]) = (history.checkpoints[from + i], history.bases[from + i]);
    }

    /// @inheritdoc ILedgerCheckpoints
    function checkpointDigest(
        Checkpoint calldata checkpoint,
        uint64 epoch,
        uint64 expiry
    ) public view returns (bytes32) {
        return _hashTypedDataV4(Messages.hash(checkpoint, epoch, expiry));
    }

    /// @dev Says so where the same ledger is told of a block at which it cannot have been so: by this ledger's own time, or because another
    /// that is stored was longer before, or as long and different. The ledger as such is known already.
    function _confirm(History storage history, uint64 number, Checkpoint calldata checkpoint, uint64 base) private {
        uint64 other = _comparedWith(history, checkpoint, base);
        if (!_inOrder(history.checkpoints[number - 1], checkpoint)) _emitContradicted(history, number, checkpoint);
        else if (other != number && !_grows(history.checkpoints[other - 1], checkpoint)) {
            _emitContradicted(history, other, checkpoint);
        }
    }

    /// @dev The checkpoint that the carrier names, or the last one where it names none; zero where there is none at all.
    function _comparedWith(
        History storage history,
        Checkpoint calldata checkpoint,
        uint64 base
    ) private view returns (uint64) {
        uint256 count = history.checkpoints.length;
        if (base > count) revert LedgerCheckpointsUnknownBase(checkpoint.chainId, base);
        return base == 0 ? uint64(count) : base;
    }

    function _emitContradicted(History storage history, uint64 number, Checkpoint memory checkpoint) private {
        emit CheckpointContradicted(checkpoint.chainId, number, history.checkpoints[number - 1], checkpoint);
    }

    /// @dev Which stored checkpoint a new one extends, and which it contradicts. Each is zero for none.
    function _compare(
        History storage history,
        Checkpoint calldata checkpoint,
        Extension calldata extension
    ) private view returns (uint64 base, uint64 contradicted) {
        contradicted = history.ofLength[checkpoint.entryCount];
        uint64 other = _comparedWith(history, checkpoint, extension.base);
        if (other == 0) return (0, contradicted);
        Checkpoint storage earlier = history.checkpoints[other - 1];
        bool agrees = _grows(earlier, checkpoint);
        if (agrees && extension.base != 0) {
            agrees = _extends(earlier, checkpoint, extension);
            if (agrees) return (other, contradicted);
        }
        if (!agrees && contradicted == 0) contradicted = other;
    }

    /// @dev Whether the ledger of a new checkpoint begins with that of an earlier one. A proof that shows nothing is the carrier's fault, and
    /// no contradiction.
    function _extends(
        Checkpoint storage earlier,
        Checkpoint memory checkpoint,
        Extension calldata extension
    ) private view returns (bool) {
        uint64 first = earlier.entryCount;
        if (
            !MerkleRange.verifyConsistency(
                first,
                checkpoint.entryCount,
                extension.root,
                checkpoint.root,
                extension.proof
            )
        ) revert LedgerCheckpointsInvalidProof(checkpoint.chainId, extension.base);
        return extension.root == earlier.root;
    }

    /// @dev Whether two checkpoints may be of one ledger by their lengths, blocks and times: a ledger only grows, so the longer is the later.
    function _grows(Checkpoint storage one, Checkpoint memory other) private view returns (bool) {
        if (one.blockNumber == other.blockNumber || one.entryCount == other.entryCount) return false;
        if ((one.blockNumber < other.blockNumber) != (one.entryCount < other.entryCount)) return false;
        return _inOrder(one, other);
    }

    function _contentsOf(uint64 entryCount, bytes32 head, bytes32 root) private pure returns (bytes32) {
        return keccak256(abi.encode(entryCount, head, root));
    }

    /// @dev Whether the later of two blocks is not of an earlier time, and one block is of one time.
    function _inOrder(Checkpoint storage one, Checkpoint memory other) private view returns (bool) {
        if (one.blockNumber == other.blockNumber) return one.blockTime == other.blockTime;
        bool isLater = one.blockNumber < other.blockNumber;
        return isLater ? one.blockTime <= other.blockTime : one.blockTime >= other.blockTime;
    }

    /// @dev Whoever attests what cannot be yet could name any later truth a contradiction.
    function _requirePlausible(Checkpoint calldata checkpoint) private view {
        uint256 blockTime = checkpoint.blockTime;
        uint256 blockNumber = checkpoint.blockNumber;
        if (
            checkpoint.entryCount == 0 ||
            blockTime > block.timestamp + RequestTimes.CLOCK_SKEW ||
            blockNumber > blockTime * MAX_BLOCKS_PER_SECOND ||
            checkpoint.entryCount > blockNumber * MAX_ENTRIES_PER_BLOCK
        ) {
            revert LedgerCheckpointsImplausible(
                checkpoint.chainId,
                checkpoint.entryCount,
                checkpoint.blockNumber,
                checkpoint.blockTime
            );
        }
    }
}
