// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Attestations} from "../types/Access.sol";
import {Checkpoint, Extension} from "../types/Checkpoint.sol";

/// @title ILedgerCheckpoints
/// @notice What the access ledgers of other chains were seen to be, so that their operators cannot rewrite or fork them unseen.
/// @dev Every attested checkpoint is kept, and says which earlier one it is proven to extend: those of one true ledger make one chain, and
/// what contradicts it stands beside it. Nothing that was ever attested keeps a later checkpoint from being stored.
interface ILedgerCheckpoints {
    /// @notice A checkpoint was stored.
    /// @param number of the checkpoint among those of its ledger, gap-free from one
    /// @param base number of an earlier one that it is proven to extend; zero where none was proven
    event CheckpointStored(uint64 indexed chainId, uint64 indexed number, Checkpoint checkpoint, uint64 base);
    /// @notice A checkpoint that was stored without a base is proven to extend an earlier one after all.
    event CheckpointExtended(uint64 indexed chainId, uint64 indexed number, uint64 base);
    /// @notice Relayers attested a checkpoint that cannot be true together with one that is stored: the chain's ledger was rewritten
    /// or forked, or relayers lied.
    /// @param number of the one that is stored
    event CheckpointContradicted(
        uint64 indexed chainId,
        uint64 indexed number,
        Checkpoint stored,
        Checkpoint contradicting
    );

    /// @dev The lane's peer on `chainId` is another ledger.
    error LedgerCheckpointsWrongLedger(uint64 chainId, address ledger);
    /// @dev No chain can have been so by now: an empty ledger, a block of the future, more blocks than time, or more entries than blocks.
    error LedgerCheckpointsImplausible(uint64 chainId, uint64 entryCount, uint64 blockNumber, uint64 blockTime);
    /// @dev There is no such checkpoint.
    error LedgerCheckpointsUnknownBase(uint64 chainId, uint64 base);
    /// @dev The proof shows nothing, neither that the checkpoint extends its base nor that it contradicts it.
    error LedgerCheckpointsInvalidProof(uint64 chainId, uint64 base);

    /// @notice Stores a checkpoint of another chain's ledger, with the attestations of enough relayers of this chain. Anyone may carry
    /// it; where the lane's policy asks for a proof, the `Mailbox` alone, which has checked it. A checkpoint that says of the ledger what is stored already stores nothing. One that contradicts what is stored is stored as
    /// well, and raises an event.
    /// @return number of the checkpoint that is stored of this ledger, at this length, with this head and root
    function submitCheckpoint(
        Checkpoint calldata checkpoint,
        Extension calldata extension,
        Attestations calldata attestations
    ) external returns (uint64 number);

    /// @notice Compares two checkpoints that are stored: that were carried without the proof, or with that of another base. If the one is proven to
    /// extend the other it has it as its base from now on, unless it has another; if they contradict each other an event says so. By anyone.
    /// @param number of the one
    /// @param extension with the number of the other as its base; two whose lengths, blocks and times cannot both be true need no proof
    function compareCheckpoints(uint64 chainId, address ledger, uint64 number, Extension calldata extension) external;

    /// @notice The EIP-712 digest that relayers sign.
    function checkpointDigest(
        Checkpoint calldata checkpoint,
        uint64 epoch,
        uint64 expiry
    ) external view returns (bytes32);

    /// @notice The checkpoint of a ledger that was stored last; all zero where there is none.
    function latest(uint64 chainId, address ledger) external view returns (Checkpoint memory);

    /// @notice The number under which a ledger with these contents is stored, of whatever block, or zero. Checkpoints come in any order, so
    /// neither the last nor its neighbours tell.
    function numberOf(
        uint64 chainId,
        address ledger,
        uint64 entryCount,
        bytes32 head,
        bytes32 root
    ) external view returns (uint64);

    /// @notice How many checkpoints of a ledger there are.
    function checkpointCount(uint64 chainId, address ledger) external view returns (uint64);

    /// @notice Up to `count` checkpoints of a ledger in the order of their numbers, from index `from` on (number 1 has index 0), and the
    /// numbers of those that they extend.
    function checkpoints(
        uint64 chainId,
        address ledger,
        uint64 from,
        uint64 count
    ) external view returns (Checkpoint[] memory page, uint64[] memory bases);
}
