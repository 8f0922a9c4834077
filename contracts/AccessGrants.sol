// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {AccessLedger} from "./AccessLedger.sol";
import {Batches} from "./Batches.sol";
import {Grant, IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {AccessAttempt, IAccessLedger} from "./interfaces/IAccessLedger.sol";
import {IHospitalRegistry} from "./interfaces/IHospitalRegistry.sol";
import {IRecordRegistry} from "./interfaces/IRecordRegistry.sol";
import {IRelayerSet} from "./interfaces/IRelayerSet.sol";
import {Lanes} from "./Lanes.sol";
import {AccessPolicy} from "./libraries/AccessPolicy.sol";
import {Messages} from "./libraries/Messages.sol";
import {Pages} from "./libraries/Pages.sol";
import {RequestTimes} from "./libraries/RequestTimes.sol";
import {Outbox} from "./Outbox.sol";
import {RequestRate} from "./RequestRate.sol";
import {
    AccessRequest,
    AccessResponse,
    Attestations,
    Decision,
    ReEncryption,
    RequestState,
    SignedRequest
} from "./types/Access.sol";
import {HospitalId, MemberId, RequestId} from "./types/Ids.sol";
import {Record, RecordStatus} from "./types/Record.sol";

/// @title AccessGrants
/// @notice The owner's side of a request: delivery (M1), the owner's approval or denial (M2), Algorithm₁ (M3), the relayer's
/// re-encryption (M4), and the response that is relayed back (M5).
/// @dev Pending -> Authorized -> Granted, or from Pending to Denied, or from Pending or Authorized to Refused or Expired. The
/// peer on another chain is its `AccessRequests`.
contract AccessGrants is Lanes, Outbox, RequestRate, Batches, EIP712, IAccessGrants {
    /// @notice Says which account acts for an owner or a requester, and what the limit of a hospital is.
    IHospitalRegistry public immutable HOSPITALS;

    /// @notice Says whose a record is, whether it is revoked, and what its limit is.
    IRecordRegistry public immutable RECORDS;

    /// @notice Decides by the counts, and logs every decision. Created here, so that this contract alone can write it.
    IAccessLedger public immutable LEDGER = new AccessLedger();

    /// @notice Says whose attestations make a re-encryption believed.
    IRelayerSet public immutable RELAYERS;

    /// @inheritdoc IAccessGrants
    uint64 public requestCount;

    mapping(uint64 index => RequestId requestId) private _requestIds;
    mapping(RequestId requestId => Grant grant) private _grants;

    constructor(
        address manager,
        IHospitalRegistry hospitals,
        IRecordRegistry records,
        IRelayerSet relayers
    ) AccessManaged(manager) EIP712(Messages.ACCESS_GRANTS, Messages.VERSION) {
        HOSPITALS = hospitals;
        RECORDS = records;
        RELAYERS = relayers;
    }

    /// @inheritdoc IAccessGrants
    function deliverRequest(
        uint64 sourceChainId,
        AccessRequest calldata request,
        bytes calldata signature
    ) external returns (RequestId requestId) {
        HospitalId hospitalId;
        uint32 maxRequestsPerHour;
        (requestId, hospitalId, maxRequestsPerHour) = _verify(sourceChainId, request, signature);
        if (_grants[requestId].state != RequestState.None) revert AccessGrantsAlreadyDelivered(requestId);
        _countRequest(hospitalId, maxRequestsPerHour);

        Grant storage g = _grants[requestId];
        g.recordId = request.recordId;
        g.requester = request.requester;
        g.sourceChainId = sourceChainId;
        // Fits: the request was issued by now and lives for no longer than 30 days.
        g.expiry = uint40(request.expiry);
        g.deliveredAt = uint48(block.number);
        g.state = RequestState.Pending;
        uint64 index = requestCount++;
        _requestIds[index] = requestId;

        Record memory record = RECORDS.record(request.recordId);
        emit RequestDelivered(index, requestId, record.owner, sourceChainId, request);
        if (record.status == RecordStatus.None) _refuse(requestId, g, record, Decision.RecordUnknown);
        else if (record.status == RecordStatus.Revoked) _refuse(requestId, g, record, Decision.RecordRevoked);
    }

    /// @inheritdoc IAccessGrants
    function deliverRequests(uint64 sourceChainId, SignedRequest[] calldata requests) external {
        address peer = _requirePeer(sourceChainId);
        for (uint256 i = 0; i < requests.length; ++i) {
            SignedRequest calldata item = requests[i];
            bytes memory call = abi.encodeCall(this.deliverRequest, (sourceChainId, item.request, item.signature));
            (bool success, bytes memory reason) = _attempt(i, call);
            if (success) continue;
            RequestId requestId = Messages.requestIdOf(sourceChainId, peer, item.request);
            emit BatchItemSkipped(i, RequestId.unwrap(requestId), reason);
        }
    }

    /// @inheritdoc IAccessGrants
    function authorize(
        RequestId requestId,
        bytes32 sealedRekey,
        bytes32 privateFragment
    ) external returns (Decision decision) {
        (Grant storage g, Record memory record) = _requirePending(requestId);
        _requireOwner(requestId, record.owner, msg.sender);
        return _authorize(requestId, g, record, sealedRekey, privateFragment);
    }

    /// @inheritdoc IAccessGrants
    function authorizeFor(
        RequestId requestId,
        bytes32 sealedRekey,
        bytes32 privateFragment,
        bytes calldata signature
    ) external returns (Decision decision) {
        (Grant storage g, Record memory record) = _requirePending(requestId);
        bytes32 structHash = keccak256(
            abi.encode(Messages.AUTHORIZATION_TYPEHASH, requestId, sealedRekey, privateFragment)
        );
        _requireOwnerSignature(requestId, record.owner, structHash, signature);
        return _authorize(requestId, g, record, sealedRekey, privateFragment);
    }

    /// @inheritdoc IAccessGrants
    function deny(RequestId requestId) external {
        (Grant storage g, Record memory record) = _requirePending(requestId);
        _requireOwner(requestId, record.owner, msg.sender);
        _refuse(requestId, g, record, Decision.DeniedByOwner);
    }

    /// @inheritdoc IAccessGrants
    function denyFor(RequestId requestId, bytes calldata signature) external {
        (Grant storage g, Record memory record) = _requirePending(requestId);
        bytes32 structHash = keccak256(abi.encode(Messages.DENIAL_TYPEHASH, requestId));
        _requireOwnerSignature(requestId, record.owner, structHash, signature);
        _refuse(requestId, g, record, Decision.DeniedByOwner);
    }

    /// @inheritdoc IAccessGrants
    function submitReEncryption(
        RequestId requestId,
        bytes32 reEncryption,
        Attestations calldata attestations
    ) external {
        Grant storage g = _requireState(requestId, RequestState.Authorized);
        _requirePeer(g.sourceChainId);
        if (block.timestamp >= g.expiry) revert AccessGrantsExpired(requestId, g.expiry);
        if (reEncryption == 0) revert AccessGrantsMissingDigest(requestId);
        bytes32 digest = reEncryptionDigest(requestId, reEncryption, attestations.epoch, attestations.expiry);
        RELAYERS.requireAttestedBy(msg.sender, digest, attestations);
        // The owner may have revoked the record, or a hospital suspended the requester, since the approval.
        (RecordStatus status, bytes32 contents) = RECORDS.standingOf(g.recordId);
        Decision decision = _standing(g, status);
        if (decision != Decision.Granted) {
            _refuse(requestId, g, RECORDS.record(g.recordId), decision);
            return;
        }
        g.key = reEncryption;
        _conclude(requestId, g, decision, contents);
    }

    /// @inheritdoc IAccessGrants
    function submitReEncryptions(ReEncryption[] calldata reEncryptions) external {
        for (uint256 i = 0; i < reEncryptions.length; ++i) {
            ReEncryption calldata item = reEncryptions[i];
            bytes memory call = abi.encodeCall(
                this.submitReEncryption,
                (item.requestId, item.reEncryption, item.attestations)
            );
            (bool success, bytes memory reason) = _attempt(i, call);
            if (!success) emit BatchItemSkipped(i, RequestId.unwrap(item.requestId), reason);
        }
    }

    /// @inheritdoc IAccessGrants
    function expire(RequestId requestId) external {
        Grant storage g = _requireKnown(requestId);
        if (g.state != RequestState.Pending && g.state != RequestState.Authorized) {
            revert AccessGrantsWrongState(requestId, g.state);
        }
        if (block.timestamp < g.expiry) revert AccessGrantsNotExpired(requestId, g.expiry);
        _refuse(requestId, g, RECORDS.record(g.recordId), Decision.Expired);
    }

    /// @inheritdoc IAccessGrants
    function grant(RequestId requestId) external view returns (Grant memory) {
        return _grants[requestId];
    }

    /// @inheritdoc IAccessGrants
    function requestAt(uint64 index) external view returns (RequestId) {
        return _requestIds[index];
    }

    /// @inheritdoc IAccessGrants
    function grants(
        uint64 from,
        uint64 count
    ) external view returns (RequestId[] memory requestIds, Grant[] memory page) {
        uint64 size = Pages.sizeOf(requestCount, from, count);
        requestIds = new RequestId[](size);
        page = new Grant[](size);
        for (uint64 i = 0; i < size; ++i) {
            requestIds[i] = _requestIds[from + i];
            page[i] = _grants[requestIds[i]];
        }
    }

    /// @inheritdoc IAccessGrants
    function responseOf(RequestId requestId) external view returns (AccessResponse memory) {
        Grant storage g = _requireKnown(requestId);
        if (g.decidedAt == 0) revert AccessGrantsWrongState(requestId, g.state);
        (, bytes32 contents) = RECORDS.standingOf(g.recordId);
        return _response(requestId, g, contents);
    }

    /// @inheritdoc IAccessGrants
    function reEncryptionDigest(
        RequestId requestId,
        bytes32 reEncryption,
        uint64 epoch,
        uint64 expiry
    ) public view returns (bytes32) {
        return _hashTypedDataV4(Messages.hash(requestId, reEncryption, epoch, expiry));
    }

    /// @dev M1: that the request is meant for this contract, alive, and signed by a requester whom a hospital of the source
    /// chain certified.
    function _verify(
        uint64 sourceChainId,
        AccessRequest calldata request,
        bytes calldata signature
    ) private view returns (RequestId requestId, HospitalId hospitalId, uint32 maxRequestsPerHour) {
        if (request.destinationChainId != block.chainid || request.destination != address(this)) {
            revert AccessGrantsWrongDestination(request.destinationChainId, request.destination);
        }
        requestId = Messages.requestIdOf(sourceChainId, _requirePeer(sourceChainId), request);
        if (block.timestamp >= request.expiry) revert AccessGrantsExpired(requestId, request.expiry);
        if (!RequestTimes.isValid(request, block.timestamp + RequestTimes.CLOCK_SKEW)) {
            revert AccessGrantsInvalidTime(requestId, request.issuedAt, request.expiry);
        }
        address account;
        uint64 homeChainId;
        (account, hospitalId, homeChainId, maxRequestsPerHour) = HOSPITALS.activeRequester(request.requester);
        if (account == address(0)) revert AccessGrantsUnknownRequester(request.requester);
        if (homeChainId != sourceChainId) revert AccessGrantsForeignRequester(request.requester, homeChainId);
        if (!SignatureChecker.isValidSignatureNowCalldata(account, RequestId.unwrap(requestId), signature)) {
            revert AccessGrantsInvalidSignature(requestId);
        }
    }

    /// @dev M3: Algorithm₁, with the two facts that rule a grant out before any count.
    function _authorize(
        RequestId requestId,
        Grant storage g,
        Record memory record,
        bytes32 sealedRekey,
        bytes32 privateFragment
    ) private returns (Decision decision) {
        _requirePeer(g.sourceChainId);
        decision = _log(requestId, g, record, _standing(g, record.status));
        if (decision != Decision.Granted) {
            _conclude(requestId, g, decision, record.contents);
            return decision;
        }
        if (sealedRekey == 0 || privateFragment == 0) revert AccessGrantsMissingDigest(requestId);
        g.state = RequestState.Authorized;
        g.updatedAt = uint48(block.number);
        g.key = sealedRekey;
        g.privateFragment = privateFragment;
        emit ReEncryptionRequested(_nextSequence(), requestId, g.recordId, sealedRekey);
    }

    function _refuse(RequestId requestId, Grant storage g, Record memory record, Decision decision) private {
        _log(requestId, g, record, decision);
        _conclude(requestId, g, decision, record.contents);
    }

    function _log(
        RequestId requestId,
        Grant storage g,
        Record memory record,
        Decision decision
    ) private returns (Decision) {
        (, HospitalId hospitalId, ) = HOSPITALS.activeMember(record.owner);
        return
            LEDGER.recordAccess(
                AccessAttempt({
                    requestId: requestId,
                    recordId: g.recordId,
                    requester: g.requester,
                    hospitalId: hospitalId,
                    hospitalLimit: HOSPITALS.maxAccessCountOf(hospitalId),
                    recordLimit: record.maxAccessCount,
                    decision: decision
                })
            );
    }

    function _conclude(RequestId requestId, Grant storage g, Decision decision, bytes32 contents) private {
        g.state = AccessPolicy.terminalState(decision);
        g.decision = decision;
        g.decidedAt = uint40(block.timestamp);
        g.updatedAt = uint48(block.number);
        emit ResponseReady(_nextSequence(), requestId, g.sourceChainId, _response(requestId, g, contents));
    }

    /// @dev What an answered request is answered with: a refusal says nothing of the record.
    function _response(
        RequestId requestId,
        Grant storage g,
        bytes32 contents
    ) private view returns (AccessResponse memory response) {
        response.requestId = requestId;
        response.decision = g.decision;
        response.decidedAt = g.decidedAt;
        if (g.state == RequestState.Granted) {
            response.contents = contents;
            response.reEncryption = g.key;
            response.privateFragment = g.privateFragment;
        }
    }

    /// @dev The facts that rule a grant out, or `Granted` if there are none.
    function _standing(Grant storage g, RecordStatus status) private view returns (Decision) {
        if (status != RecordStatus.Active) return Decision.RecordRevoked;
        (address requester, , ) = HOSPITALS.activeMember(g.requester);
        return requester == address(0) ? Decision.RequesterInactive : Decision.Granted;
    }

    function _requireKnown(RequestId requestId) private view returns (Grant storage g) {
        g = _grants[requestId];
        if (g.state == RequestState.None) revert AccessGrantsUnknownRequest(requestId);
    }

    function _requireState(RequestId requestId, RequestState state) private view returns (Grant storage g) {
        g = _requireKnown(requestId);
        if (g.state != state) revert AccessGrantsWrongState(requestId, g.state);
    }

    function _requirePending(RequestId requestId) private view returns (Grant storage g, Record memory record) {
        g = _requireState(requestId, RequestState.Pending);
        if (block.timestamp >= g.expiry) revert AccessGrantsExpired(requestId, g.expiry);
        record = RECORDS.record(g.recordId);
    }

    function _requireOwner(RequestId requestId, MemberId owner, address caller) private view {
        (address account, , ) = HOSPITALS.activeMember(owner);
        if (account == address(0) || account != caller) revert AccessGrantsUnauthorizedOwner(requestId, caller);
    }

    function _requireOwnerSignature(
        RequestId requestId,
        MemberId owner,
        bytes32 structHash,
        bytes calldata signature
    ) private view {
        (address account, , ) = HOSPITALS.activeMember(owner);
        if (account == address(0)) revert AccessGrantsUnauthorizedOwner(requestId, msg.sender);
        if (!SignatureChecker.isValidSignatureNowCalldata(account, _hashTypedDataV4(structHash), signature)) {
            revert AccessGrantsInvalidSignature(requestId);
        }
    }
}
