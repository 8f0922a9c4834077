// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MemberId, RecordId, RequestId} from "./Ids.sol";

/// @dev What was decided about one request, and why. Zero is never a decision.
enum Decision {
    None,
    Granted,
    DeniedByOwner,
    HospitalLimitReached,
    RecordLimitReached,
    RecordUnknown,
    RecordRevoked,
    RequesterInactive,
    Expired
}

/// @dev Where a request stands. `Granted` and everything after it is terminal.
enum RequestState {
    None,
    Pending,
    Authorized,
    Granted,
    Denied,
    Refused,
    Expired
}

/// @dev M1: what a requester signs (EIP-712, under the domain of `AccessRequests` on the requester's chain).
struct AccessRequest {
    RecordId recordId;
    MemberId requester;
    /// Purpose of use, an HL7 v3 PurposeOfUse code as ASCII, e.g. `TREAT`.
    bytes32 purpose;
    uint64 destinationChainId;
    /// The `AccessGrants` contract on the owner's chain.
    address destination;
    /// Unix seconds.
    uint64 issuedAt;
    /// Unix seconds; the request is dead at this second.
    uint64 expiry;
    uint256 nonce;
}

/// @dev M5: what the owner's chain answers, attested by relayers (EIP-712, under the domain of `AccessRequests` that answers).
/// The four digests and ids are zero unless `decision` is `Granted`.
struct AccessResponse {
    RequestId requestId;
    Decision decision;
    /// Unix seconds on the owner's chain.
    uint64 decidedAt;
    /// SHA-256 digests of the CIDs of the capsule, the public fragment and the re-encrypted capsule key.
    bytes32 capsule;
    bytes32 publicFragment;
    bytes32 reEncryption;
    /// Block id of the channel message that carries the private fragment.
    bytes32 privateFragment;
}

/// @dev One relayer's EIP-712 signature over an `AccessResponse`.
struct Attestation {
    address relayer;
    bytes signature;
}
