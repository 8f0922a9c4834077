// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Decision} from "./Access.sol";
import {HospitalId, MemberId} from "./Ids.sol";

/// @dev What the registries say about a requester's access to a record, before a decision.
struct AccessTerms {
    /// All but `decision` is zero where the record is not known.
    MemberId owner;
    /// The record's commitment to its capsule and fragments, see `Record`.
    bytes32 contents;
    /// The account that may act for the owner now, or zero.
    address ownerAccount;
    /// The owner's hospital.
    HospitalId hospitalId;
    /// How often one requester may be granted access to the records of that hospital.
    uint32 hospitalLimit;
    /// How often one requester may be granted access to the record.
    uint32 recordLimit;
    /// What rules a grant out whatever the counts are, or `Granted` where nothing does.
    Decision decision;
}
