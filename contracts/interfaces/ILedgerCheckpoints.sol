// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Attestation} from "../types/Access.sol";
import {Checkpoint} from "../types/Checkpoint.sol";

/// @title ILedgerCheckpoints
/// @notice What the access ledgers of other chains were seen to be, so that their operators cannot rewrite or fork them unseen.
interface ILedgerCheckpoints {
    /// @notice A checkpoint was stored.
    /// @param index of the checkpoint among those of its ledger, gap-free from zero
    event CheckpointStored(uint64 indexed chainId, uint64 indexed index, Checkpoint checkpoint);
    /// @notice Relayers attested a checkpoint that cannot be true together with one that is stored: the chain's ledger was rewritten
    /// or forked, or relayers lied. It is not stored.
    event CheckpointContradicted(uint64 indexed chainId, Checkpoint stored, Checkpoint contradicting);

    /// @dev The lane's peer on `chainId` is another ledger.
    error LedgerCheckpointsWrongLedger(uint64 chainId, address ledger);
    /// @dev The checkpoint is older than the latest and was never stored, so it can be neither confirmed nor refuted.
    error LedgerCheckpointsStale(uint64 chainId, uint64 entryCount, uint64 latestEntryCount);

    /// @notice Stores a checkpoint of another chain's ledger, with the attestations of enough relayers of this chain. Anyone may carry
    /// it. A checkpoint that says what is stored already does nothing.
    /// @return stored whether the checkpoint holds; false if it contradicts a stored one, which does not revert but raises an event
    function submitCheckpoint(
        Checkpoint calldata checkpoint,
        Attestation[] calldata attestations
    ) external returns (bool stored);

    /// @notice The EIP-712 digest that relayers sign.
    function checkpointDigest(Checkpoint calldata checkpoint) external view returns (bytes32);

    /// @notice The latest checkpoint of a ledger; all zero where there is none.
    function latest(uint64 chainId, address ledger) external view returns (Checkpoint memory);

    /// @notice How many checkpoints of a ledger there are.
    function checkpointCount(uint64 chainId, address ledger) external view returns (uint64);

    /// @notice Up to `count` checkpoints of a ledger in order, from index `from` on.
    function checkpoints(
        uint64 chainId,
        address ledger,
        uint64 from,
        uint64 count
    ) external view returns (Checkpoint[] memory);
}
