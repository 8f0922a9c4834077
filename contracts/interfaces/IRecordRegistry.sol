// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

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

    error RecordRegistryUnauthorizedOwner(MemberId owner, address caller);
    error RecordRegistryInvalidSignature(MemberId owner);
    error RecordRegistryForeignOwner(MemberId owner, uint64 homeChainId);
    error RecordRegistryAlreadyAnchored(RecordId recordId);
    error RecordRegistryMissingDigest(RecordId recordId);
    error RecordRegistryUnknownRecord(RecordId recordId);
    error RecordRegistryExpiredSignature(RecordId recordId, uint64 expiry);

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

    /// @notice The record; all zero where it is not known.
    function record(RecordId recordId) external view returns (Record memory);

    /// @notice Several records at once, each as `record` gives it.
    function records(RecordId[] calldata recordIds) external view returns (Record[] memory);

    /// @notice Whether the record may be accessed, whose it is, and what it holds.
    function standingOf(
        RecordId recordId
    ) external view returns (RecordStatus status, MemberId owner, bytes32 contents);

    /// @notice The id that a record of this owner and salt has.
    function recordIdOf(MemberId owner, bytes32 salt) external pure returns (RecordId);
}
