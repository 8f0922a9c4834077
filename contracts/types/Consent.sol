// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessRequest} from "./Access.sol";
import {HospitalId, MemberId, RecordId} from "./Ids.sol";

/// @dev What an owner signs (EIP-712, under the domain of `StandingConsents` on the owner's chain): who may be given its records without its
/// being asked.
struct StandingConsent {
    MemberId owner;
    /// Commits to the FHIR Consent that says this in full: SHA-256 of a secret salt and the document.
    bytes32 document;
    /// Any of whose members may ask.
    HospitalId[] hospitals;
    /// Who may ask by themselves.
    MemberId[] members;
    /// HL7 v3 PurposeOfUse codes as ASCII, as requests name them.
    bytes32[] purposes;
    /// Records; all that the owner has, and will have, where there are none.
    RecordId[] records;
    /// Classes of data that may be sent, each as SHA-256 of the secret salt and the class: no ledger tells what is sensitive about a
    /// patient. All data where there are none.
    bytes32[] classes;
    /// Unix seconds.
    uint64 from;
    /// Unix seconds; nothing is approved from this second on. The largest number where the consent has no end.
    uint64 until;
    /// How often access is granted by it, to all recipients together.
    uint32 maxAccessCount;
}

/// @dev What is approved by a consent.
struct ConsentedAccess {
    uint64 sourceChainId;
    /// As it was delivered: its digest is the request's id.
    AccessRequest request;
    /// Those of the data that is sent; none where the consent is for all data.
    bytes32[] classes;
    bytes32 sealedRekey;
    bytes32 privateFragment;
    /// Of the relayers to whom the key is sealed.
    uint64 epoch;
}

enum ConsentStatus {
    None,
    Given,
    Revoked
}

/// @dev A consent as it stands. What it says is in its `ConsentGiven` event.
struct ConsentState {
    MemberId owner;
    /// That signed it.
    address account;
    /// How often access was granted by it.
    uint32 used;
    ConsentStatus status;
}
