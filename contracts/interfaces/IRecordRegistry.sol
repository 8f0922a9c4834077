// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessTerms} from "../types/AccessTerms.sol";
import {MemberId, RecordId} from "../types/Ids.sol";
import {Record, RecordAnchor, RecordStatus} from "../types/Record.sol";

/// @title IRecordRegistry
/// @notice What was anchored: a commitment to capsule and fragments, the owner, and the limit on access to each record.
interface IRecordRegistry {
    /// @notice A record was anchored, with everything that is known of it here.
    /// @param account the owner's, whose act it was
    /// @param expiry of the signature, or zero
    /// @param signature of `account`, or empty where the account called itself
    event RecordAnchored(
        RecordId indexed recordId,
        MemberId indexed owner,
        address indexed account,
        bytes32 capsule,
        bytes32 publicFragment,
        bytes32 privateFragment,
        uint32 maxAccessCount,
        bytes32 salt,
        uint64 expiry,
        bytes signature
    );
    /// @notice One requester may be granted access to the record so often from now on.
    /// @param account the owner's, whose act it was
    /// @param nonce of the record before the change
    /// @param expiry of the signature, or zero
    /// @param signature of `account`, or empty where the account called itself
    event RecordLimitSet(
        RecordId indexed recordId,
        address indexed account,
        uint32 maxAccessCount,
        uint64 nonce,
        uint64 expiry,
        bytes signature
    );
    /// @notice No further access to the record is granted.
    /// @dev The parameters are as in `RecordLimitSet`.
    event RecordRevoked(
        RecordId indexed recordId,
        address indexed account,
        uint64 nonce,
        uint64 expiry,
        bytes signature
    );

    /// @notice The predecessor's record is known here, as it stands there; `RecordAnchored` was emitted for it just before, which
    /// names the predecessor's registry as the account.
    /// @param nonce of the record, as it goes on
    event RecordAdopted(RecordId indexed recordId, uint64 nonce, RecordStatus status);
    /// @notice From now on this contract may approve requests for the owner's records in its place, or none if it is zero.
    /// @param account the owner's, whose act it was
    /// @param signature always empty: the account called itself
    event PolicySet(MemberId indexed owner, address indexed account, address indexed policy, bytes signature);

    error RecordRegistryUnauthorizedOwner(MemberId owner, address caller);
    error RecordRegistryInvalidSignature(MemberId owner);
    error RecordRegistryForeignOwner(MemberId owner, uint64 homeChainId);
    error RecordRegistryAlreadyAnchored(RecordId recordId);
    error RecordRegistryMissingDigest(RecordId recordId);
    error RecordRegistryUnknownRecord(RecordId recordId);
    error RecordRegistryExpiredSignature(RecordId recordId, uint64 expiry);
    /// @dev The digests are not those to which the predecessor's record commits.
    error RecordRegistryWrongDigests(RecordId recordId);

    /// @notice Anchors a record. By the owner's account, on the home chain of the owner's hospital.
    function anchor(RecordAnchor calldata anchor_) external returns (RecordId recordId);

    /// @notice Anchors several records of one or more owners with one account. One that cannot be anchored is reported and skipped.
    function anchorBatch(RecordAnchor[] calldata anchors) external;

    /// @notice Anchors a record with the owner's EIP-712 signature, good until `expiry`; anyone may carry it.
    function anchorFor(
        RecordAnchor calldata anchor_,
        uint64 expiry,
        bytes calldata signature
    ) external returns (RecordId recordId);

    /// @notice Sets how often one requester may be granted access to the record. By the owner's account.
    function setMaxAccessCount(RecordId recordId, uint32 maxAccessCount) external;

    /// @notice As `setMaxAccessCount`, with the owner's EIP-712 signature, good until `expiry` and while the record's nonce is what it
    /// was; anyone may carry it.
    function setMaxAccessCountFor(
        RecordId recordId,
        uint32 maxAccessCount,
        uint64 expiry,
        bytes calldata signature
    ) external;

    /// @notice Ends all further access to the record, for good. By the account of the owner's latest certificate, even if that has lapsed or
    /// the hospital is suspended.
    function revoke(RecordId recordId) external;

    /// @notice As `revoke`, with the owner's EIP-712 signature, good until `expiry` and while the record's nonce is what it was; anyone
    /// may carry it.
    function revokeFor(RecordId recordId, uint64 expiry, bytes calldata signature) external;

    /// @notice Lets a policy contract approve requests for the owner's records in its place, from now on, or ends that where `policy` is
    /// zero. By the owner's account; to end it, by that of the owner's latest certificate, even if that has lapsed or the hospital is suspended.
    /// @dev The contract must have the role of a policy beside, see `IAccessGrants.authorizeByPolicy`.
    function setPolicy(MemberId owner, address policy) external;

    /// @notice Takes records over from the predecessor: their owners, commitments, limits, nonces and revocations, as they stand there. By
    /// anyone, once the predecessor has ended.
    /// @dev A record that is known here already stays as it is, except that a revocation which the predecessor took since then holds here
    /// too.
    /// @param anchors as they were anchored; their limits are not looked at
    function adoptRecords(RecordAnchor[] calldata anchors) external;

    /// @notice The contract that may approve requests for the owner's records in its place, or zero. It is of the account that named it: once
    /// the owner is certified with another account, or suspended, there is none.
    function policyOf(MemberId owner) external view returns (address);

    /// @notice The record; all zero where it is not known.
    function record(RecordId recordId) external view returns (Record memory);

    /// @notice The record as it is here, or else in the latest predecessor that knows it: what a suite that goes on from this one takes over.
    /// @dev Reverts where it is not known here and the predecessor has not ended.
    function recordSoFar(RecordId recordId) external view returns (Record memory);

    /// @notice Several records at once, each as `record` gives it.
    function records(RecordId[] calldata recordIds) external view returns (Record[] memory);

    /// @notice What a decision about the requester's access to the record needs of both registries, in one call.
    function termsOf(RecordId recordId, MemberId requester) external view returns (AccessTerms memory);

    /// @notice The id that a record of this owner and salt has.
    function recordIdOf(MemberId owner, bytes32 salt) external pure returns (RecordId);
}
