// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {IHospitalRegistry} from "./interfaces/IHospitalRegistry.sol";
import {ILanes} from "./interfaces/ILanes.sol";
import {IRecordRegistry} from "./interfaces/IRecordRegistry.sol";
import {IStandingConsents} from "./interfaces/IStandingConsents.sol";
import {Messages} from "./libraries/Messages.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {AccessRequest, Decision} from "./types/Access.sol";
import {ConsentedAccess, ConsentState, ConsentStatus, StandingConsent} from "./types/Consent.sol";
import {ConsentId, HospitalId, MemberId, RecordId, RequestId} from "./types/Ids.sol";

/// @title StandingConsents
/// @notice Consents by which an owner's device approves requests with nobody at hand, and never beyond what was consented to.
contract StandingConsents is EIP712, IStandingConsents {
    /// @notice The most entries of each list of a consent.
    uint256 public constant MAX_ENTRIES = 32;

    /// @notice Where it approves.
    IAccessGrants public immutable GRANTS;

    /// @notice Says which account acts for an owner, and whose member a requester is.
    IHospitalRegistry public immutable HOSPITALS;

    /// @notice Says whose a record is.
    IRecordRegistry public immutable RECORDS;

    mapping(ConsentId consentId => ConsentState state) private _states;

    constructor(IAccessGrants grants) EIP712(Messages.STANDING_CONSENTS, Messages.VERSION) {
        GRANTS = grants;
        HOSPITALS = grants.HOSPITALS();
        RECORDS = grants.RECORDS();
    }

    /// @inheritdoc IStandingConsents
    function give(StandingConsent calldata consent, bytes calldata signature) external returns (ConsentId consentId) {
        consentId = consentIdOf(consent);
        ConsentState storage s = _states[consentId];
        if (s.status == ConsentStatus.Given) return consentId;
        if (s.status == ConsentStatus.Revoked) revert StandingConsentsRevoked(consentId);
        if (!_isComplete(consent)) revert StandingConsentsIncomplete(consentId);
        if (block.timestamp >= consent.until) {
            revert StandingConsentsOutOfPeriod(consentId, consent.from, consent.until);
        }
        (address account, , uint64 homeChainId) = HOSPITALS.activeMember(consent.owner);
        if (account == address(0) || homeChainId != block.chainid) {
            revert StandingConsentsUnauthorized(consent.owner, msg.sender);
        }
        if (!Signatures.isValid(account, ConsentId.unwrap(consentId), signature)) {
            revert StandingConsentsInvalidSignature(consentId);
        }
        _states[consentId] = ConsentState({
            owner: consent.owner,
            account: account,
            used: 0,
            status: ConsentStatus.Given
        });
        emit ConsentGiven(consentId, consent.owner, account, consent, signature);
    }

    /// @inheritdoc IStandingConsents
    function revoke(ConsentId consentId) external {
        ConsentState storage s = _states[consentId];
        if (s.status == ConsentStatus.None) revert StandingConsentsUnknown(consentId);
        if (HOSPITALS.lastAccount(s.owner) != msg.sender) revert StandingConsentsUnauthorized(s.owner, msg.sender);
        if (s.status == ConsentStatus.Revoked) return;
        s.status = ConsentStatus.Revoked;
        emit ConsentRevoked(consentId, s.owner, msg.sender);
    }

    /// @inheritdoc IStandingConsents
    function approve(
        StandingConsent calldata consent,
        ConsentedAccess calldata access
    ) external returns (Decision decision) {
        ConsentId consentId = consentIdOf(consent);
        ConsentState storage s = _states[consentId];
        _requireInForce(consentId, s, consent);
        _requireCovered(consentId, consent, access);
        address peer = ILanes(address(GRANTS)).peerOf(access.sourceChainId);
        RequestId requestId = Messages.requestIdOf(access.sourceChainId, peer, access.request);
        // Counted before anything else is called, so that whatever is called in between finds it counted.
        ++s.used;
        decision = GRANTS.authorizeByPolicy(requestId, access.sealedRekey, access.privateFragment, access.epoch);
        if (decision != Decision.Granted) --s.used;
        emit ConsentUsed(consentId, requestId, decision, s.used, access.classes);
    }

    /// @inheritdoc IStandingConsents
    function stateOf(ConsentId consentId) external view returns (ConsentState memory) {
        return _states[consentId];
    }

    /// @inheritdoc IStandingConsents
    function consentIdOf(StandingConsent calldata consent) public view returns (ConsentId) {
        return ConsentId.wrap(_hashTypedDataV4(Messages.hash(consent)));
    }

    /// @dev That it was given by the owner's account of now, which calls, is not revoked, within its period, and not used up.
    function _requireInForce(
        ConsentId consentId,
        ConsentState storage s,
        StandingConsent calldata consent
    ) private view {
        if (s.status == ConsentStatus.None) revert StandingConsentsUnknown(consentId);
        if (s.status == ConsentStatus.Revoked) revert StandingConsentsRevoked(consentId);
        // What an account signed that was stolen ends with that account.
        if (s.account != msg.sender || s.account != HOSPITALS.lastAccount(s.owner)) {
            revert StandingConsentsUnauthorized(s.owner, msg.sender);
        }
        if (block.timestamp < consent.from || block.timestamp >= consent.until) {
            revert StandingConsentsOutOfPeriod(consentId, consent.from, consent.until);
        }
        if (s.used >= consent.maxAccessCount) revert StandingConsentsExhausted(consentId, consent.maxAccessCount);
    }

    /// @dev That the request, and what is sent, are what was consented to.
    function _requireCovered(
        ConsentId consentId,
        StandingConsent calldata consent,
        ConsentedAccess calldata access
    ) private view {
        AccessRequest calldata request = access.request;
        RecordId recordId = request.recordId;
        if (
            MemberId.unwrap(RECORDS.record(recordId).owner) != MemberId.unwrap(consent.owner) ||
            (consent.records.length != 0 && !_names(consent.records, recordId))
        ) revert StandingConsentsOtherRecord(consentId, recordId);
        if (!_contains(consent.purposes, request.purpose)) {
            revert StandingConsentsOtherPurpose(consentId, request.purpose);
        }
        HospitalId hospitalId = HOSPITALS.member(request.requester).hospitalId;
        if (!_names(consent.members, request.requester) && !_names(consent.hospitals, hospitalId))
            revert StandingConsentsOtherRecipient(consentId, request.requester);
        bool areCovered = (consent.classes.length == 0) == (access.classes.length == 0);
        for (uint256 i = 0; areCovered && i < access.classes.length; ++i) {
            areCovered = _contains(consent.classes, access.classes[i]);
        }
        if (!areCovered) revert StandingConsentsOtherClasses(consentId);
    }

    function _isComplete(StandingConsent calldata consent) private pure returns (bool) {
        return
            consent.hospitals.length + consent.members.length != 0 &&
            _isBetween(consent.hospitals.length, 0) &&
            _isBetween(consent.members.length, 0) &&
            _isBetween(consent.purposes.length, 1) &&
            _isBetween(consent.records.length, 0) &&
            _isBetween(consent.classes.length, 0) &&
            // No member, hospital or purpose is zero: nobody who is unknown is one of the recipients.
            !_names(consent.hospitals, HospitalId.wrap(0)) &&
            !_names(consent.members, MemberId.wrap(0)) &&
            !_contains(consent.purposes, 0) &&
            consent.document != 0 &&
            consent.from < consent.until &&
            consent.maxAccessCount != 0;
    }

    function _isBetween(uint256 count, uint256 least) private pure returns (bool) {
        return count >= least && count <= MAX_ENTRIES;
    }

    function _contains(bytes32[] calldata list, bytes32 entry) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] == entry) return true;
        }
        return false;
    }

    function _names(RecordId[] calldata list, RecordId entry) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (RecordId.unwrap(list[i]) == RecordId.unwrap(entry)) return true;
        }
        return false;
    }

    function _names(HospitalId[] calldata list, HospitalId entry) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (HospitalId.unwrap(list[i]) == HospitalId.unwrap(entry)) return true;
        }
        return false;
    }

    function _names(MemberId[] calldata list, MemberId entry) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (MemberId.unwrap(list[i]) == MemberId.unwrap(entry)) return true;
        }
        return false;
    }
}
