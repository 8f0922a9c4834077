// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AggregateKey} from "../types/Bls.sol";

/// @title IAggregateKeys
/// @notice BLS12-381 keys of relayers, by which one signature attests for many.
/// @dev An aggregate is one entry among the attestations: its `relayer` is the set's own address, and its `signature` is
/// `abi.encodePacked(uint256 signers, bytes signature)`, in 160 bytes. Bit i of `signers` stands for the relayer whose tenure has index i.
interface IAggregateKeys {
    /// @notice From now on aggregates count, or count no longer.
    event AggregatesSet(bool on);
    /// @notice A relayer takes part in aggregates with this key from now on, until its tenure ends.
    /// @param proof of possession, so that whoever reads the log can check it
    event BlsKeySet(address indexed relayer, uint256 indexed index, bytes key, bytes proof);

    /// @dev The chain has no precompiles for BLS12-381: it is older than Prague.
    error AggregateKeysUnsupported();
    error AggregateKeysOff();
    /// @dev The key is the point at infinity, or none, or the proof is not of its holder, for this relayer of this set.
    error AggregateKeysInvalidProof(address relayer);
    /// @dev There are `MAX_AGGREGATE_KEYS` already, or the index is too high for a bit.
    error AggregateKeysNoRoom(uint256 index);
    /// @dev These bits stand for no relayer that has a key.
    error AggregateKeysUnknownSigners(uint256 signers);
    /// @dev These bits stand for relayers that attest beside the aggregate, too.
    error AggregateKeysDuplicateSigners(uint256 signers);
    /// @dev Not all of these signed.
    error AggregateKeysInvalidAggregate(uint256 signers);

    /// @notice Sets whether aggregates count. On, only where the chain has the precompiles of EIP-2537. Off, only where the threshold is at most
    /// `MAX_THRESHOLD`. Role: relayer manager.
    function setAggregates(bool on) external;

    /// @notice Sets the caller's key. By a relayer, while aggregates are on.
    /// @param key a point of G2, see `BlsSignatures`
    /// @param proof of possession: the signature of `possessionDigest` by this key, under the tag for proofs
    function setBlsKey(bytes calldata key, bytes calldata proof) external;

    /// @notice Whether aggregates count.
    function aggregatesOn() external view returns (bool);

    /// @notice The keys of those who are relayers now.
    function aggregateKeys() external view returns (AggregateKey[] memory);

    /// @notice What a relayer proves the possession of its key with (EIP-712, under the domain of this contract).
    function possessionDigest(address relayer, bytes calldata key) external view returns (bytes32);
}
