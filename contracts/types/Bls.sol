// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev The key by which a relayer takes part in aggregates.
struct AggregateKey {
    /// Of the relayer's tenure.
    uint256 index;
    /// A point of G2, see `BlsSignatures`.
    bytes key;
}
