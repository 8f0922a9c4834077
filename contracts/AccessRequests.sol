// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Batches} from "./Batches.sol";
import {Acknowledgement, IAccessRequests, RequestStatus} from "./interfaces/IAccessRequests.sol";
import {IHospitalRegistry} from "./interfaces/IHospitalRegistry.sol";
import {IMailbox} from "./interfaces/IMailbox.sol";
import {IRelayerSet} from "./interfaces/IRelayerSet.sol";
import {Lanes} from "./Lanes.sol";
import {AccessPolicy} from "./libraries/AccessPolicy.sol";
import {Messages} from "./libraries/Messages.sol";
import {Pages} from "./libraries/Pages.sol";
import {RequestTimes} from "./libraries/RequestTimes.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Succession} from "./libraries/Succession.sol";
import {Outbox} from "./Outbox.sol";
import {RequestRate} from "./RequestRate.sol";
import {
    AccessRequest,
    AccessResponse,
    Attestations,
    AttestedResponse,
    Decision,
    RequestState
} from "./types/Access.sol";
import {Requester} from "./types/Identity.sol";
import {RequestId} from "./types/Ids.sol";

/// @title AccessRequests
/// @notice The requester's side of a request: the request (M1), the attested response (M6), the acknowledgement (M8).
/// @dev Pending -> Granted, Denied, Refused or Expired; and from Expired, where no response brought it there, to the first three. An answer that
/// relayers attested falsely is corrected by those of a later epoch. The peer on another chain is its `AccessGrants`.
contract AccessRequests is Lanes, Outbox, RequestRate, Batches, EIP712, IAccessRequests {
    /// @notice The longest time between a request's issue and its expiry.
    uint64 public constant MAX_LIFETIME = RequestTimes.MAX_LIFETIME;

    /// @notice How long after its expiry a request waits for an answer that was given in time.
    uint64 public constant RESPONSE_WINDOW = 1 hours;

    /// @notice Says which account acts for a requester.
    IHospitalRegistry public immutable HOSPITALS;

    /// @notice Says whose attestations make a response believed.
    IRelayerSet public immutable RELAYERS;

    /// @notice Tells other chains what was requested here, and says what must be attested, or proven.
    IMailbox public immutable MAILBOX;

    mapping(RequestId requestId => RequestStatus status) private _statuses;
    mapping(uint64 sequence => RequestId requestId) private _requestIds;

    constructor(
        address manager,
        IHospitalRegistry hospitals,
        IRelayerSet relayers,
        IMailbox mailbox
    ) AccessManaged(manager) EIP712(Messages.ACCESS_REQUESTS, Messages.VERSION) {
        HOSPITALS = hospitals;
        RELAYERS = relayers;
        MAILBOX = mailbox;
    }

    /// @inheritdoc IAccessRequests
    function request(
        AccessRequest calldata accessRequest,
        bytes calldata signature
    ) external returns (RequestId requestId) {
        requestId = requestIdOf(accessRequest);
        _statuses[requestId] = RequestStatus({
            account: _verify(requestId, accessRequest, signature),
            state: RequestState.Pending,
            acknowledgement: Acknowledgement.None,
            // Fits: the request was issued by now and lives for no longer than 30 days.
            expiry: uint40(accessRequest.expiry),
            answeredIn: 0,
            destinationChainId: accessRequest.destinationChainId,
            requestedAt: uint48(block.number),
            respondedAt: 0,
            issuedAt: uint40(accessRequest.issuedAt),
            pausedBefore: uint40(pausedSeconds(accessRequest.destinationChainId)),
            answer: 0
        });
        uint64 sequence_ = _nextSequence();
        _requestIds[sequence_] = requestId;
        MAILBOX.sendMessage(RequestId.unwrap(requestId));
        emit AccessRequested(sequence_, requestId, accessRequest.requester, accessRequest, signature);
    }

    /// @inheritdoc IAccessRequests
    function deliverResponse(
        uint64 sourceChainId,
        AccessResponse calldata response,
        Attestations calldata attestations
    ) external {
        RequestId requestId = response.requestId;
        RequestStatus storage s = _requireKnown(requestId);
        // Ended here for want of an answer is not answered: one that was given in time still holds.
        bool isLate = s.state == RequestState.Expired && s.respondedAt == 0 && response.decidedAt < s.expiry;
        if (s.state != RequestState.Pending && !isLate) revert AccessRequestsWrongState(requestId, s.state);
        if (s.destinationChainId != sourceChainId) revert AccessRequestsWrongSource(requestId, sourceChainId);
        _requirePlausible(s, response);
        bytes32 digest = responseDigest(sourceChainId, response, attestations.epoch, attestations.expiry);
        if (MAILBOX.needsAttestation(sourceChainId, msg.sender)) RELAYERS.requireAttested(digest, attestations);
        _answer(s, response, _attestedIn(attestations));
        emit ResponseDelivered(requestId, sourceChainId, response, attestations);
    }

    /// @inheritdoc IAccessRequests
    function deliverResponses(uint64 sourceChainId, AttestedResponse[] calldata responses) external {
        for (uint256 i = 0; i < responses.length; ++i) {
            AttestedResponse calldata item = responses[i];
            bytes memory call = abi.encodeCall(this.deliverResponse, (sourceChainId, item.response, item.attestations));
            (bool success, bytes memory reason) = _attempt(i, call);
            if (!success) _report(i, item.response.requestId, reason);
        }
    }

    /// @inheritdoc IAccessRequests
    function correctResponse(
        uint64 sourceChainId,
        AccessResponse calldata response,
        Attestations calldata attestations
    ) external {
        RequestId requestId = response.requestId;
        RequestStatus storage s = _requireKnown(requestId);
        // What nobody attested is not corrected but answered, see `deliverResponse`.
        if (s.respondedAt == 0) revert AccessRequestsWrongState(requestId, s.state);
        if (s.destinationChainId != sourceChainId) revert AccessRequestsWrongSource(requestId, sourceChainId);
        // It is what the other chain said, whatever the lane's policy is by now.
        if (s.answeredIn == 0) revert AccessRequestsProven(requestId);
        bytes32 replaced = s.answer;
        if (answerDigest(response) == replaced) revert AccessRequestsSameResponse(requestId);
        _requirePlausible(s, response);
        if (MAILBOX.needsAttestation(sourceChainId, msg.sender)) {
            uint64 epoch = attestations.epoch;
            if (epoch != RELAYERS.epoch() || epoch <= s.answeredIn) {
                revert AccessRequestsWrongEpoch(requestId, epoch, s.answeredIn);
            }
            bytes32 digest = correctionDigest(sourceChainId, replaced, response, epoch, attestations.expiry);
            RELAYERS.requireAttested(digest, attestations);
        }
        _answer(s, response, _attestedIn(attestations));
        s.acknowledgement = Acknowledgement.None;
        emit ResponseCorrected(requestId, sourceChainId, replaced, response, attestations);
    }

    /// @inheritdoc IAccessRequests
    function acknowledge(RequestId requestId, bytes32 answer, Acknowledgement acknowledgement) external {
        RequestStatus storage s = _requireState(requestId, RequestState.Granted);
        if (s.account != msg.sender) revert AccessRequestsUnauthorizedRequester(requestId, msg.sender);
        _acknowledge(requestId, s, answer, acknowledgement, "");
    }

    /// @inheritdoc IAccessRequests
    function acknowledgeFor(
        RequestId requestId,
        bytes32 answer,
        Acknowledgement acknowledgement,
        bytes calldata signature
    ) external {
        RequestStatus storage s = _requireState(requestId, RequestState.Granted);
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(Messages.ACKNOWLEDGEMENT_TYPEHASH, requestId, answer, acknowledgement))
        );
        if (!Signatures.isValid(s.account, digest, signature)) revert AccessRequestsInvalidSignature(requestId);
        _acknowledge(requestId, s, answer, acknowledgement, signature);
    }

    /// @inheritdoc IAccessRequests
    function expire(RequestId requestId) external {
        RequestStatus storage s = _requireState(requestId, RequestState.Pending);
        _requireRunning(s.destinationChainId);
        uint64 from = _expirableFrom(s);
        if (block.timestamp < from) revert AccessRequestsNotExpired(requestId, from);
        s.state = RequestState.Expired;
        emit RequestExpired(requestId);
    }

    /// @inheritdoc IAccessRequests
    function expirableFrom(RequestId requestId) external view returns (uint64) {
        return _expirableFrom(_requireKnown(requestId));
    }

    /// @inheritdoc IAccessRequests
    function status(RequestId requestId) external view returns (RequestStatus memory) {
        return _statuses[requestId];
    }

    /// @inheritdoc IAccessRequests
    function requestAt(uint64 sequence_) external view returns (RequestId) {
        return _requestIds[sequence_];
    }

    /// @inheritdoc IAccessRequests
    function statuses(
        uint64 from,
        uint64 count
    ) external view returns (RequestId[] memory requestIds, RequestStatus[] memory page) {
        uint64 size = Pages.sizeOf(sequence, from, count);
        requestIds = new RequestId[](size);
        page = new RequestStatus[](size);
        for (uint64 i = 0; i < size; ++i) {
            requestIds[i] = _requestIds[from + i + 1];
            page[i] = _statuses[requestIds[i]];
        }
    }

    /// @inheritdoc IAccessRequests
    function requestIdOf(AccessRequest calldata accessRequest) public view returns (RequestId) {
        return Messages.requestIdOf(uint64(block.chainid), address(this), accessRequest);
    }

    /// @inheritdoc IAccessRequests
    function responseDigest(
        uint64 sourceChainId,
        AccessResponse calldata response,
        uint64 epoch,
        uint64 expiry
    ) public view returns (bytes32) {
        return _hashTypedDataV4(Messages.hash(sourceChainId, _requirePeer(sourceChainId), response, epoch, expiry));
    }

    /// @inheritdoc IAccessRequests
    function correctionDigest(
        uint64 sourceChainId,
        bytes32 replaced,
        AccessResponse calldata response,
        uint64 epoch,
        uint64 expiry
    ) public view returns (bytes32) {
        address source = _requirePeer(sourceChainId);
        return _hashTypedDataV4(Messages.hash(sourceChainId, source, replaced, response, epoch, expiry));
    }

    /// @inheritdoc IAccessRequests
    function answerDigest(AccessResponse calldata response) public pure returns (bytes32) {
        return keccak256(abi.encode(response));
    }

    /// @dev That the request goes to a known peer, lives now and not too long, is new, signed by an active local member, and within the
    /// limits of its rate, in which it counts from now on.
    function _verify(
        RequestId requestId,
        AccessRequest calldata accessRequest,
        bytes calldata signature
    ) private returns (address account) {
        Succession.requireUnsealed(authority());
        if (_requirePeer(accessRequest.destinationChainId) != accessRequest.destination) {
            revert AccessRequestsWrongDestination(accessRequest.destinationChainId, accessRequest.destination);
        }
        if (block.timestamp >= accessRequest.expiry) {
            revert AccessRequestsExpired(requestId, accessRequest.expiry);
        }
        if (!RequestTimes.isValid(accessRequest, block.timestamp)) {
            revert AccessRequestsInvalidTime(requestId, accessRequest.issuedAt, accessRequest.expiry);
        }
        Requester memory from = HOSPITALS.activeRequester(accessRequest.requester);
        account = from.account;
        if (account == address(0)) revert AccessRequestsUnknownRequester(accessRequest.requester);
        if (from.homeChainId != block.chainid) {
            revert AccessRequestsForeignRequester(accessRequest.requester, from.homeChainId);
        }
        if (!Signatures.isValid(account, RequestId.unwrap(requestId), signature)) {
            revert AccessRequestsInvalidSignature(requestId);
        }
        if (_statuses[requestId].state != RequestState.None) revert AccessRequestsAlreadyRequested(requestId);
        _countRequest(from.hospitalId, from.maxRequestsPerHour, accessRequest.requester, from.maxRequestsPerMember);
    }

    /// @dev That a response is one that the owner's chain can have given, whoever attests it.
    function _requirePlausible(RequestStatus storage s, AccessResponse calldata response) private view {
        RequestId requestId = response.requestId;
        uint64 decidedAt = response.decidedAt;
        if (response.decision == Decision.None) revert AccessRequestsInvalidResponse(requestId);
        bool isGrant = response.decision == Decision.Granted;
        bool isExpiry = response.decision == Decision.Expired;
        if (
            isGrant != (response.contents != 0) ||
            isGrant != (response.reEncryption != 0) ||
            isGrant != (response.privateFragment != 0)
        ) revert AccessRequestsInvalidResponse(requestId);
        if (decidedAt >= s.expiry && !isExpiry) revert AccessRequestsExpired(requestId, s.expiry);
        if (decidedAt < s.expiry && isExpiry) revert AccessRequestsInvalidResponse(requestId);
        if (decidedAt > block.timestamp + RequestTimes.CLOCK_SKEW) {
            revert AccessRequestsFutureResponse(requestId, decidedAt);
        }
        if (decidedAt + RequestTimes.CLOCK_SKEW < s.issuedAt) revert AccessRequestsInvalidResponse(requestId);
    }

    /// @dev The epoch for which an answer can be corrected later; zero for what the `Mailbox` brings, which is proven and stays.
    function _attestedIn(Attestations calldata attestations) private view returns (uint64) {
        return msg.sender == address(MAILBOX) ? 0 : attestations.epoch;
    }

    /// @dev Makes a response the answer that holds.
    function _answer(RequestStatus storage s, AccessResponse calldata response, uint64 epoch) private {
        s.state = AccessPolicy.terminalState(response.decision);
        s.answeredIn = uint40(epoch);
        s.respondedAt = uint48(block.number);
        s.answer = answerDigest(response);
    }

    function _acknowledge(
        RequestId requestId,
        RequestStatus storage s,
        bytes32 answer,
        Acknowledgement acknowledgement,
        bytes memory signature
    ) private {
        if (answer != s.answer) revert AccessRequestsOtherAnswer(requestId, s.answer);
        if (acknowledgement == Acknowledgement.None) revert AccessRequestsInvalidAcknowledgement(requestId);
        if (s.acknowledgement != Acknowledgement.None) revert AccessRequestsAlreadyAcknowledged(requestId);
        s.acknowledgement = acknowledgement;
        emit Acknowledged(requestId, s.account, answer, acknowledgement, signature);
    }

    function _expirableFrom(RequestStatus storage s) private view returns (uint64) {
        uint64 paused = pausedSeconds(s.destinationChainId);
        // Another manager counts anew.
        uint64 since = paused > s.pausedBefore ? paused - s.pausedBefore : 0;
        return s.expiry + RESPONSE_WINDOW + since;
    }

    function _requireKnown(RequestId requestId) private view returns (RequestStatus storage s) {
        s = _statuses[requestId];
        if (s.state == RequestState.None) revert AccessRequestsUnknownRequest(requestId);
    }

    function _requireState(RequestId requestId, RequestState state) private view returns (RequestStatus storage s) {
        s = _requireKnown(requestId);
        if (s.state != state) revert AccessRequestsWrongState(requestId, s.state);
    }
}
