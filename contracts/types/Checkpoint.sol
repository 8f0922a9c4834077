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
    /// Its head: the fold of the entries.
    bytes32 head;
}
