// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev The state of a chain's access ledger at a block, as relayers attest it (EIP-712, under the domain of `LedgerCheckpoints` on
/// the chain that stores it).
struct Checkpoint {
    /// Chain of the ledger.
    uint64 chainId;
    /// The `AccessLedger` contract there.
    address ledger;
    /// How many entries it had.
    uint64 entryCount;
    /// Number of a block, there, at the end of which this was so.
    uint64 blockNumber;
    /// The time of that block, Unix seconds.
    uint64 blockTime;
    /// Its head: the fold of the entries.
    bytes32 head;
    /// The root of its range: their Merkle tree hash, see `MerkleRange`.
    bytes32 root;
}

/// @dev How a checkpoint follows an earlier one that is stored.
struct Extension {
    /// Number of the earlier one, or zero for none.
    uint64 base;
    /// The root that the checkpoint's own ledger had when it was as long as the earlier one.
    bytes32 root;
    /// That the checkpoint's ledger begins so: RFC 9162, section 2.1.4.
    bytes32[] proof;
}
