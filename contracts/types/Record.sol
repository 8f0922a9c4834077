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

struct Record {
    MemberId owner;
    bytes32 capsule;
    bytes32 publicFragment;
    bytes32 privateFragment;
    uint64 anchoredAt;
    uint32 maxAccessCount;
    RecordStatus status;
}
