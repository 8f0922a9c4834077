// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AccessLedger} from "./AccessLedger.sol";
import {Batches} from "./Batches.sol";
import {Grant, IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {AccessAttempt, IAccessLedger} from "./interfaces/IAccessLedger.sol";
import {IHospitalRegistry} from "./interfaces/IHospitalRegistry.sol";
import {IMailbox} from "./interfaces/IMailbox.sol";
import {IPredecessor} from "./interfaces/IPredecessor.sol";
import {IRecordRegistry} from "./interfaces/IRecordRegistry.sol";
import {IRelayerSet} from "./interfaces/IRelayerSet.sol";
import {ISuiteManager} from "./interfaces/ISuiteManager.sol";
import {Lanes} from "./Lanes.sol";
import {AccessPolicy} from "./libraries/AccessPolicy.sol";
import {Messages} from "./libraries/Messages.sol";
import {Pages} from "./libraries/Pages.sol";
import {RequestTimes} from "./libraries/RequestTimes.sol";
import {Signatures} from "./libraries/Signatures.sol";
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
import {AccessTerms} from "./types/AccessTerms.sol";
import {Requester} from "./types/Identity.sol";
import {MemberId, RequestId} from "./types/Ids.sol";

/// @title AccessGrants
/// @notice The owner's side of a request: delivery (M1), the owner's approval or denial (M2), Algorithm₁ (M3), the relayer's
/// re-encryption (M4), and the response that is relayed back (M5).
/// @dev Pending -> Authorized -> Granted, or from Pending or Authorized to Denied, Refused or Expired. The
/// peer on another chain is its `AccessRequests`. `Outbox` is the last base with state, so that its number and the counts share a slot.
contract AccessGrants is Lanes, RequestRate, Batches, EIP712, Outbox, IAccessGrants {
    /// @dev What an owner, or the policy that it named, approves with.
    struct Approval {
        address account;
        bytes32 sealedRekey;
        bytes32 privateFragment;
        uint64 epoch;
        /// Of `account`, or empty where the account called itself.
        bytes signature;
    }

    /// @inheritdoc IPredecessor
    /// @dev Says which account acts for an owner or a requester, and what the limit of a hospital is.
    IHospitalRegistry public immutable HOSPITALS;

    /// @inheritdoc IPredecessor
    /// @dev Says whose a record is, whether it is revoked, and what its limit is.
    IRecordRegistry public immutable RECORDS;

    /// @inheritdoc IPredecessor
    /// @dev Decides by the counts, and logs every decision. Created here, so that this contract alone can write it.
    IAccessLedger public immutable LEDGER;

    /// @notice Says whose attestations make a re-encryption believed.
    IRelayerSet public immutable RELAYERS;

    /// @notice Tells other chains what was answered here, and says whether a request must be proven.
    IMailbox public immutable MAILBOX;

    /// @inheritdoc IAccessGrants
    uint64 public requestCount;

    /// @inheritdoc IAccessGrants
    uint64 public openCount;

    /// @dev Whether the end is final.
    bool private _isOver;

    mapping(uint64 index => RequestId requestId) private _requestIds;
    mapping(RequestId requestId => Grant grant) private _grants;

    constructor(
        address manager,
        IHospitalRegistry hospitals,
        IRecordRegistry records,
        IRelayerSet relayers,
        IMailbox mailbox
    ) AccessManaged(manager) EIP712(Messages.ACCESS_GRANTS, Messages.VERSION) {
        HOSPITALS = hospitals;
        RECORDS = records;
        RELAYERS = relayers;
        MAILBOX = mailbox;
        LEDGER = new AccessLedger(hospitals.PREDECESSOR());
    }

    /// @inheritdoc IAccessGrants
    function deliverRequest(
        uint64 sourceChainId,
        AccessRequest calldata request,
        bytes calldata signature
    ) external returns (RequestId requestId) {
        requestId = _verify(sourceChainId, request, signature);

        Grant storage g = _grants[requestId];
        g.recordId = request.recordId;
        g.requester = request.requester;
        g.sourceChainId = sourceChainId;
        // Fits: the request was issued by now and lives for no longer than 30 days.
        g.expiry = uint40(request.expiry);
        g.deliveredAt = uint32(block.number);
        g.state = RequestState.Pending;
        g.laneEpoch = _laneEpoch(sourceChainId);
        uint64 index = requestCount++;
        ++openCount;
        _requestIds[index] = requestId;

        AccessTerms memory terms = _terms(g);
        emit RequestDelivered(index, requestId, terms.owner, sourceChainId, request);
        if (terms.decision == Decision.RecordRevoked) _refuse(requestId, g, terms, Decision.RecordRevoked);
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
            _report(i, requestId, reason);
        }
    }

    /// @inheritdoc IAccessGrants
    function authorize(
        RequestId requestId,
        bytes32 sealedRekey,
        bytes32 privateFragment,
        uint64 epoch
    ) external returns (Decision decision) {
        (Grant storage g, AccessTerms memory terms) = _requireGrantable(requestId, RequestState.Pending);
        _requireCaller(requestId, terms.ownerAccount);
        return _authorize(requestId, g, terms, Approval(msg.sender, sealedRekey, privateFragment, epoch, ""));
    }

    /// @inheritdoc IAccessGrants
    function authorizeFor(
        RequestId requestId,
        bytes32 sealedRekey,
        bytes32 privateFragment,
        uint64 epoch,
        bytes calldata signature
    ) external returns (Decision decision) {
        (Grant storage g, AccessTerms memory terms) = _requireGrantable(requestId, RequestState.Pending);
        address account = terms.ownerAccount;
        bytes32 structHash = keccak256(
            abi.encode(Messages.AUTHORIZATION_TYPEHASH, requestId, sealedRekey, privateFragment, epoch)
        );
        _requireSignature(requestId, account, structHash, signature);
        return _authorize(requestId, g, terms, Approval(account, sealedRekey, privateFragment, epoch, signature));
    }

    /// @inheritdoc IAccessGrants
    function authorizeByPolicy(
        RequestId requestId,
        bytes32 sealedRekey,
        bytes32 privateFragment,
        uint64 epoch
    ) external restricted returns (Decision decision) {
        (Grant storage g, AccessTerms memory terms) = _requireGrantable(requestId, RequestState.Pending);
        if (terms.ownerAccount == address(0) || RECORDS.policyOf(terms.owner) != msg.sender) {
            revert AccessGrantsUnauthorizedPolicy(requestId, msg.sender);
        }
        return _authorize(requestId, g, terms, Approval(msg.sender, sealedRekey, privateFragment, epoch, ""));
    }

    /// @inheritdoc IAccessGrants
    function reseal(RequestId requestId, bytes32 sealedRekey, uint64 epoch) external returns (Decision decision) {
        (Grant storage g, AccessTerms memory terms) = _requireGrantable(requestId, RequestState.Authorized);
        _requireCaller(requestId, terms.ownerAccount);
        return _reseal(requestId, g, terms, sealedRekey, epoch, "");
    }

    /// @inheritdoc IAccessGrants
    function resealFor(
        RequestId requestId,
        bytes32 sealedRekey,
        uint64 epoch,
        bytes calldata signature
    ) external returns (Decision decision) {
        (Grant storage g, AccessTerms memory terms) = _requireGrantable(requestId, RequestState.Authorized);
        bytes32 structHash = keccak256(abi.encode(Messages.RESEALING_TYPEHASH, requestId, sealedRekey, epoch));
        _requireSignature(requestId, terms.ownerAccount, structHash, signature);
        return _reseal(requestId, g, terms, sealedRekey, epoch, signature);
    }

    /// @inheritdoc IAccessGrants
    function deny(RequestId requestId) external {
        _requireState(requestId, RequestState.Pending);
        _takeBack(requestId, Decision.DeniedByOwner);
    }

    /// @inheritdoc IAccessGrants
    function denyFor(RequestId requestId, bytes calldata signature) external {
        _requireState(requestId, RequestState.Pending);
        _takeBackFor(requestId, Decision.DeniedByOwner, Messages.DENIAL_TYPEHASH, signature);
    }

    /// @inheritdoc IAccessGrants
    function withdraw(RequestId requestId) external {
        _takeBack(requestId, Decision.Withdrawn);
    }

    /// @inheritdoc IAccessGrants
    function withdrawFor(RequestId requestId, bytes calldata signature) external {
        _takeBackFor(requestId, Decision.Withdrawn, Messages.WITHDRAWAL_TYPEHASH, signature);
    }

    /// @inheritdoc IAccessGrants
    function submitReEncryption(RequestId requestId, Attestations calldata attestations) external {
        (Grant storage g, AccessTerms memory terms) = _requireGrantable(requestId, RequestState.Authorized);
        _requireEpoch(requestId, attestations.epoch, g.relayerEpoch);
        bytes32 digest = reEncryptionDigest(requestId, g.key, attestations.epoch, attestations.expiry);
        uint256 signers = RELAYERS.requireAttestedBy(msg.sender, digest, attestations);
        if (_isRefusedSince(requestId, g, terms)) return;
        emit ReEncrypted(requestId, signers);
        _conclude(requestId, g, Decision.Granted, terms.contents);
    }

    /// @inheritdoc IAccessGrants
    function submitReEncryptions(ReEncryption[] calldata reEncryptions) external {
        for (uint256 i = 0; i < reEncryptions.length; ++i) {
            ReEncryption calldata item = reEncryptions[i];
            bytes memory call = abi.encodeCall(this.submitReEncryption, (item.requestId, item.attestations));
            (bool success, bytes memory reason) = _attempt(i, call);
            if (!success) _report(i, item.requestId, reason);
        }
    }

    /// @inheritdoc IAccessGrants
    function expire(RequestId requestId) external {
        Grant storage g = _requireUndecided(requestId);
        if (block.timestamp < g.expiry) revert AccessGrantsNotExpired(requestId, g.expiry);
        _refuse(requestId, g, _terms(g), Decision.Expired);
    }

    /// @inheritdoc IPredecessor
    function end() external {
        if (!hasEnded()) revert PredecessorOpen(address(this));
        _isOver = true;
    }

    /// @inheritdoc IAccessGrants
    function grant(RequestId requestId) external view returns (Grant memory) {
        return _grants[requestId];
    }

    /// @inheritdoc IAccessGrants
    function requestAt(uint64 index) public view returns (RequestId) {
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
            RequestId requestId = requestAt(from + i);
            requestIds[i] = requestId;
            page[i] = _grants[requestId];
        }
    }

    /// @inheritdoc IAccessGrants
    function responseOf(RequestId requestId) external view returns (AccessResponse memory) {
        Grant storage g = _requireKnown(requestId);
        _requireRightState(requestId, g, g.decidedAt != 0);
        return _response(requestId, g, _terms(g).contents);
    }

    /// @inheritdoc IPredecessor
    function hasEnded() public view returns (bool) {
        return _isOver || (openCount == 0 && _isSealed());
    }

    /// @inheritdoc IAccessGrants
    function reEncryptionDigest(
        RequestId requestId,
        bytes32 sealedRekey,
        uint64 epoch,
        uint64 expiry
    ) public view returns (bytes32) {
        return _hashTypedDataV4(Messages.hash(requestId, sealedRekey, epoch, expiry));
    }

    /// @dev M1: that the request is meant for this contract, alive, new, signed by a requester whom a hospital of the source chain
    /// certified, and within the limits of its rate, in which it counts from now on.
    function _verify(
        uint64 sourceChainId,
        AccessRequest calldata request,
        bytes calldata signature
    ) private returns (RequestId requestId) {
        if (_isOver || _isSealed()) revert ISuiteManager.SuiteManagerSealed();
        MAILBOX.needsAttestation(sourceChainId, msg.sender);
        if (request.destinationChainId != block.chainid || request.destination != address(this)) {
            revert AccessGrantsWrongDestination(request.destinationChainId, request.destination);
        }
        requestId = Messages.requestIdOf(sourceChainId, _requirePeer(sourceChainId), request);
        _requireUnexpired(requestId, request.expiry);
        if (!RequestTimes.isValid(request, block.timestamp + RequestTimes.CLOCK_SKEW)) {
            revert AccessGrantsInvalidTime(requestId, request.issuedAt, request.expiry);
        }
        Requester memory from = HOSPITALS.activeRequester(request.requester);
        if (from.account == address(0)) revert AccessGrantsUnknownRequester(request.requester);
        if (from.homeChainId != sourceChainId) revert AccessGrantsForeignRequester(request.requester, from.homeChainId);
        _requireSigned(requestId, from.account, RequestId.unwrap(requestId), signature);
        if (_grants[requestId].state != RequestState.None) revert AccessGrantsAlreadyDelivered(requestId);
        _countRequest(from.hospitalId, from.maxRequestsPerHour, request.requester, from.maxRequestsPerMember);
    }

    /// @dev M3: Algorithm₁, with the two facts that rule a grant out before any count.
    function _authorize(
        RequestId requestId,
        Grant storage g,
        AccessTerms memory terms,
        Approval memory a
    ) private returns (Decision decision) {
        emit Approved(requestId, a.account, a.sealedRekey, a.privateFragment, a.epoch, a.signature);
        decision = _log(requestId, g, terms, terms.decision);
        if (decision != Decision.Granted) {
            _conclude(requestId, g, decision, terms.contents);
            return decision;
        }
        g.state = RequestState.Authorized;
        g.privateFragment = a.privateFragment;
        _seal(requestId, g, a.sealedRekey, a.epoch);
    }

    /// @dev The same approval, sealed anew: it was counted and logged when it was given.
    function _reseal(
        RequestId requestId,
        Grant storage g,
        AccessTerms memory terms,
        bytes32 sealedRekey,
        uint64 epoch,
        bytes memory signature
    ) private returns (Decision) {
        if (epoch <= g.relayerEpoch) revert AccessGrantsSealedAlready(requestId);
        emit Resealed(requestId, terms.ownerAccount, sealedRekey, epoch, signature);
        if (!_isRefusedSince(requestId, g, terms)) _seal(requestId, g, sealedRekey, epoch);
        return terms.decision;
    }

    /// @dev M3: from here on the relayers of an epoch re-encrypt, to each of whom a share was sealed. It must be the epoch of now.
    function _seal(RequestId requestId, Grant storage g, bytes32 sealedRekey, uint64 epoch) private {
        if (sealedRekey == 0 || g.privateFragment == 0) revert AccessGrantsMissingDigest(requestId);
        _requireEpoch(requestId, epoch, RELAYERS.epoch());
        g.relayerEpoch = uint16(epoch);
        g.updatedAt = uint32(block.number);
        g.key = sealedRekey;
        emit ReEncryptionRequested(_nextSequence(), requestId, g.recordId, sealedRekey);
    }

    /// @dev The owner may have revoked the record, or a hospital suspended the owner or the requester, since the approval: that refuses it.
    function _isRefusedSince(RequestId requestId, Grant storage g, AccessTerms memory terms) private returns (bool) {
        if (terms.decision == Decision.Granted) return false;
        _refuse(requestId, g, terms, terms.decision);
        return true;
    }

    /// @dev What the owner says no to, before or after its approval, itself.
    function _takeBack(RequestId requestId, Decision decision) private {
        (Grant storage g, AccessTerms memory terms) = _requireOpen(requestId);
        _requireCaller(requestId, _lastAccount(terms.owner));
        _end(requestId, g, terms, decision, msg.sender, "");
    }

    /// @dev The same by its signature.
    function _takeBackFor(RequestId requestId, Decision decision, bytes32 typeHash, bytes calldata signature) private {
        (Grant storage g, AccessTerms memory terms) = _requireOpen(requestId);
        address account = _lastAccount(terms.owner);
        _requireSignature(requestId, account, keccak256(abi.encode(typeHash, requestId)), signature);
        _end(requestId, g, terms, decision, account, signature);
    }

    function _end(
        RequestId requestId,
        Grant storage g,
        AccessTerms memory terms,
        Decision decision,
        address account,
        bytes memory signature
    ) private {
        if (decision == Decision.Withdrawn) emit Withdrawn(requestId, account, signature);
        else emit Denied(requestId, account, signature);
        _refuse(requestId, g, terms, decision);
    }

    function _refuse(RequestId requestId, Grant storage g, AccessTerms memory terms, Decision decision) private {
        _log(requestId, g, terms, decision);
        _conclude(requestId, g, decision, terms.contents);
    }

    function _log(
        RequestId requestId,
        Grant storage g,
        AccessTerms memory terms,
        Decision decision
    ) private returns (Decision) {
        return
            LEDGER.recordAccess(
                AccessAttempt({
                    requestId: requestId,
                    recordId: g.recordId,
                    requester: g.requester,
                    hospitalId: terms.hospitalId,
                    hospitalLimit: terms.hospitalLimit,
                    recordLimit: terms.recordLimit,
                    decision: decision
                })
            );
    }

    function _conclude(RequestId requestId, Grant storage g, Decision decision, bytes32 contents) private {
        --openCount;
        g.state = AccessPolicy.terminalState(decision);
        g.decision = decision;
        g.decidedAt = uint40(block.timestamp);
        g.updatedAt = uint32(block.number);
        AccessResponse memory response = _response(requestId, g, contents);
        MAILBOX.sendMessage(keccak256(abi.encode(response)));
        emit ResponseReady(_nextSequence(), requestId, g.sourceChainId, response);
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

    function _isSealed() private view returns (bool) {
        return ISuiteManager(authority()).isSealed();
    }

    /// @dev Here, and once: each call of another contract takes much code.
    function _terms(Grant storage g) private view returns (AccessTerms memory) {
        return RECORDS.termsOf(g.recordId, g.requester);
    }

    /// @dev The account that may take back what a member gave, or zero.
    function _lastAccount(MemberId memberId) private view returns (address) {
        return HOSPITALS.lastAccount(memberId);
    }

    /// @dev That the lane is open, and leads to where the request came from.
    function _requireSamePeer(RequestId requestId, Grant storage g) private view {
        _requirePeer(g.sourceChainId);
        if (_laneEpoch(g.sourceChainId) != g.laneEpoch) revert AccessGrantsPeerReplaced(requestId);
    }

    function _requireUnexpired(RequestId requestId, uint64 expiry) private view {
        if (block.timestamp >= expiry) revert AccessGrantsExpired(requestId, expiry);
    }

    function _requireKnown(RequestId requestId) private view returns (Grant storage g) {
        g = _grants[requestId];
        if (g.state == RequestState.None) revert AccessGrantsUnknownRequest(requestId);
    }

    function _requireState(RequestId requestId, RequestState state) private view returns (Grant storage g) {
        g = _requireKnown(requestId);
        _requireRightState(requestId, g, g.state == state);
    }

    function _requireRightState(RequestId requestId, Grant storage g, bool isRight) private view {
        if (!isRight) revert AccessGrantsWrongState(requestId, g.state);
    }

    /// @dev A request that waits for its owner or for a relayer.
    function _requireUndecided(RequestId requestId) private view returns (Grant storage g) {
        g = _requireKnown(requestId);
        _requireRightState(requestId, g, g.state == RequestState.Pending || g.state == RequestState.Authorized);
    }

    /// @dev A request that waits, and lives.
    function _requireOpen(RequestId requestId) private view returns (Grant storage g, AccessTerms memory terms) {
        g = _requireUndecided(requestId);
        _requireUnexpired(requestId, g.expiry);
        terms = _terms(g);
    }

    /// @dev A request that waits for its owner, or for a relayer, lives, and can be answered over its lane.
    function _requireGrantable(
        RequestId requestId,
        RequestState state
    ) private view returns (Grant storage g, AccessTerms memory terms) {
        _requireSamePeer(requestId, _requireState(requestId, state));
        return _requireOpen(requestId);
    }

    /// @dev A number that does not fit in the grant would stand for another epoch there.
    function _requireEpoch(RequestId requestId, uint64 epoch, uint64 expected) private pure {
        if (epoch != expected || epoch > type(uint16).max) revert AccessGrantsWrongEpoch(requestId, epoch, expected);
    }

    function _requireCaller(RequestId requestId, address account) private view {
        _requireOwner(requestId, account != address(0) && account == msg.sender);
    }

    function _requireOwner(RequestId requestId, bool isOwner) private view {
        if (!isOwner) revert AccessGrantsUnauthorizedOwner(requestId, msg.sender);
    }

    /// @dev That the owner's account, if there is one, signed a message of this contract.
    function _requireSignature(
        RequestId requestId,
        address account,
        bytes32 structHash,
        bytes calldata signature
    ) private view {
        _requireOwner(requestId, account != address(0));
        _requireSigned(requestId, account, _hashTypedDataV4(structHash), signature);
    }

    function _requireSigned(
        RequestId requestId,
        address account,
        bytes32 digest,
        bytes calldata signature
    ) private view {
        if (!Signatures.isValid(account, digest, signature)) revert AccessGrantsInvalidSignature(requestId);
    }
}
