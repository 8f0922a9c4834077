// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MemberId} from "./Ids.sol";

enum RecordStatus {
    None,
    Active,
    Revoked
}

/// @dev What an owner anchors. All digests are SHA-256.
struct RecordAnchor {
    MemberId owner;
    /// Chosen by the owner; the record's id is `keccak256(abi.encode(owner, salt))`.
    bytes32 salt;
    /// Digest of the CID of the capsule.
    bytes32 capsule;
    /// Digest of the CID of the encrypted public fragment (EPUF).
    bytes32 publicFragment;
    /// Digest of the encrypted private fragment (EPRF), which stays in the owner's vault.
    bytes32 privateFragment;
    /// How often one requester may be granted access to this record.
    uint32 maxAccessCount;
}

/// @dev A record as it stands. The three digests are in the `RecordAnchored` event of block `anchoredAt`, and `contents` proves
/// them.
struct Record {
    MemberId owner;
    /// `keccak256(abi.encode(capsule, publicFragment, privateFragment))`.
    bytes32 contents;
    /// Block number.
    uint64 anchoredAt;
    /// Grows with every change of the limit or the status, so that what an owner signed before is void after.
    uint64 nonce;
    uint32 maxAccessCount;
    RecordStatus status;
}
