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
    Expired,
    /// The owner's certificate, or its hospital, is not active.
    OwnerInactive,
    /// The owner took back what it had approved, or was about to.
    Withdrawn
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
    /// Unix seconds; the request expires at this second.
    uint64 expiry;
    uint256 nonce;
}

/// @dev A request with its requester's signature, as an item of a batch.
struct SignedRequest {
    AccessRequest request;
    bytes signature;
}

/// @dev M5: what the owner's chain answers, attested by relayers (EIP-712, under the domain of `AccessRequests` that answers).
/// The last three are zero unless `decision` is `Granted`.
struct AccessResponse {
    RequestId requestId;
    Decision decision;
    /// Unix seconds on the owner's chain.
    uint64 decidedAt;
    /// The record's commitment to its capsule and fragments, see `Record`.
    bytes32 contents;
    /// SHA-256 digest of the CID of the sealed re-encryption key, which commits to the partials that open the capsule with it.
    bytes32 reEncryption;
    /// Block id of the channel message that carries the private fragment.
    bytes32 privateFragment;
}

/// @dev One relayer's EIP-712 signature.
struct Attestation {
    address relayer;
    bytes signature;
}

/// @dev What several relayers signed, with what they signed it for: both are part of what each signed.
struct Attestations {
    /// Of the verifying chain's `RelayerSet`.
    uint64 epoch;
    /// Unix seconds; they are void at this second.
    uint64 expiry;
    /// In ascending order of relayer address.
    Attestation[] by;
}

/// @dev M4: that the partials of a request are out, as an item of a batch.
struct ReEncryption {
    RequestId requestId;
    /// Of the other relayers; the caller counts without one.
    Attestations attestations;
}

/// @dev M2: what an owner approves, with its signature, as an item of a batch.
struct SignedAuthorization {
    RequestId requestId;
    /// SHA-256 digest of the CID of the sealed re-encryption key.
    bytes32 sealedRekey;
    /// Block id of the channel message with the private fragment.
    bytes32 privateFragment;
    /// Of the relayers to whom the key is sealed.
    uint64 epoch;
    /// Of the owner's account, under the domain of `AccessGrants`.
    bytes signature;
}

/// @dev A response with the attestations of enough relayers, as an item of a batch.
struct AttestedResponse {
    AccessResponse response;
    Attestations attestations;
}
