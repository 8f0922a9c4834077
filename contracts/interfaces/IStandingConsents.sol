// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Decision} from "../types/Access.sol";
import {ConsentedAccess, ConsentState, StandingConsent} from "../types/Consent.sol";
import {ConsentId, MemberId, RecordId, RequestId} from "../types/Ids.sol";

/// @title IStandingConsents
/// @notice Consents by which an owner's device approves requests with nobody at hand, and never beyond what was consented to. It is a policy
/// in the sense of `IAccessGrants.authorizeByPolicy`: an owner names it once (`IRecordRegistry.setPolicy`).
interface IStandingConsents {
    /// @notice An owner consented; with all that it consented to.
    /// @param account the owner's, which signed
    event ConsentGiven(
        ConsentId indexed consentId,
        MemberId indexed owner,
        address indexed account,
        StandingConsent consent,
        bytes signature
    );
    /// @notice A request was approved by a consent; what was decided was logged before, in the same transaction.
    /// @param used how often access was granted by it, this one included
    /// @param classes of the data that is sent
    event ConsentUsed(
        ConsentId indexed consentId,
        RequestId indexed requestId,
        Decision decision,
        uint32 used,
        bytes32[] classes
    );
    /// @notice Nothing is approved by the consent from now on.
    event ConsentRevoked(ConsentId indexed consentId, MemberId indexed owner, address indexed account);

    /// @dev Lists no recipients or no purposes, or too much of something, or counts nothing, or ends before it begins.
    error StandingConsentsIncomplete(ConsentId consentId);
    error StandingConsentsUnknown(ConsentId consentId);
    error StandingConsentsRevoked(ConsentId consentId);
    /// @dev Its period has not begun, or is over.
    error StandingConsentsOutOfPeriod(ConsentId consentId, uint64 from, uint64 until);
    error StandingConsentsExhausted(ConsentId consentId, uint32 maxAccessCount);
    /// @dev Not the owner's account, or not the one that signed the consent.
    error StandingConsentsUnauthorized(MemberId owner, address caller);
    error StandingConsentsInvalidSignature(ConsentId consentId);
    /// @dev Not the owner's, or not one of those that the consent names.
    error StandingConsentsOtherRecord(ConsentId consentId, RecordId recordId);
    error StandingConsentsOtherPurpose(ConsentId consentId, bytes32 purpose);
    error StandingConsentsOtherRecipient(ConsentId consentId, MemberId requester);
    error StandingConsentsOtherClasses(ConsentId consentId);

    /// @notice Gives a consent. With the signature of the owner's account; anyone may carry it. What is given already stays as it is.
    function give(StandingConsent calldata consent, bytes calldata signature) external returns (ConsentId consentId);

    /// @notice Ends a consent, for good. By the account of the owner's latest certificate, even if that has lapsed or the hospital is
    /// suspended. Who has ended it already changes nothing.
    /// @dev What was approved by it and is not granted yet, the owner withdraws (`IAccessGrants.withdraw`).
    function revoke(ConsentId consentId) external;

    /// @notice Approves a request that a consent covers, see `IAccessGrants.authorizeByPolicy`. By the account that signed the consent,
    /// while it is the owner's.
    /// @dev That the data sent is of these classes alone is the word of the device that calls: nobody else can see it.
    /// @return decision `Granted`, or why Algorithm₁ refused, which is not counted here
    function approve(
        StandingConsent calldata consent,
        ConsentedAccess calldata access
    ) external returns (Decision decision);

    /// @notice All zero where the consent was not given.
    function stateOf(ConsentId consentId) external view returns (ConsentState memory);

    /// @notice The EIP-712 digest of a consent.
    function consentIdOf(StandingConsent calldata consent) external view returns (ConsentId);
}
