// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {HospitalId} from "./Ids.sol";

enum HospitalStatus {
    Unregistered,
    Active,
    Suspended
}

struct Hospital {
    /// Signs member certificates and sets the hospital's limits; the same account on both chains.
    address operator;
    /// Chain on which the hospital enrols its members.
    uint64 homeChainId;
    HospitalStatus status;
    /// The paper's `maxAccessCount`: how often one requester may be granted access to this hospital's records.
    uint32 maxAccessCount;
    /// How many requests of this hospital's members are taken in one hour, by each contract that takes them.
    uint32 maxRequestsPerHour;
    /// SHA-256 digest of the CID of the hospital's public parameters (`PK_A'` or `PK_B'`).
    bytes32 parametersDigest;
}

/// @dev What a hospital's operator signs for a patient or doctor (EIP-712, under the domain of the home chain's registry).
struct MemberCertificate {
    HospitalId hospitalId;
    /// SHA-256 of the member's pseudonym.
    bytes32 pseudonym;
    /// Signs the member's requests, records and approvals.
    address account;
    /// SHA-256 digest of the CID of the member's public keys.
    bytes32 keyDigest;
    /// Later certificates of a member carry higher serials, and replace earlier ones.
    uint64 serial;
    /// Unix seconds; the certificate expires at this second.
    uint64 notAfter;
}

struct Member {
    HospitalId hospitalId;
    /// Zero where every certificate so far was revoked.
    address account;
    /// Unix seconds.
    uint64 notAfter;
    bool suspended;
    bytes32 keyDigest;
    /// Of the latest certificate, or up to which certificates were revoked; only higher ones are taken.
    uint64 serial;
}
