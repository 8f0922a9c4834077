// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Grant} from "../interfaces/IAccessGrants.sol";
import {RequestStatus} from "../interfaces/IAccessRequests.sol";
import {AccessRequest, Decision, RequestState} from "../types/Access.sol";
import {RequestId} from "../types/Ids.sol";
import {SuiteClocks} from "./SuiteClocks.t.sol";

/// @title SuiteRequests
/// @notice The requests that doctors signed, which way each went on both chains, and whether it was a way that there is, by what
/// was done: by who was suspended, whose record was revoked, what was paused, and what the owner said.
abstract contract SuiteRequests is SuiteClocks {
    /// @dev A request, and what was seen of it.
    struct Seen {
        AccessRequest request;
        RequestId id;
        bytes signature;
        uint256 doctor;
        uint256 record;
        RequestState onA;
        RequestState onB;
        /// B was told, so that its end is not for want of an answer.
        bool isAnswered;
        /// The owner approved, and denied or withdrew.
        bool isApproved;
        bool isTakenBack;
        /// How often A's lane had changed its peer when the request came.
        uint256 peerOf;
        /// For how many seconds B's lane had stood still when the request was made.
        uint64 pausedBefore;
    }

    /// @dev Who is suspended, and whose certificates were revoked.
    struct Standing {
        bool[_MEMBERS] suspendedOnA;
        bool[_MEMBERS] voidOnA;
        bool[_DOCTORS] suspendedOnB;
        bool hospitalA;
        bool hospitalBOnA;
        bool hospitalBOnB;
    }

    /// @dev A record.
    struct Kept {
        bool isAnchored;
        bool isRevoked;
        uint32 limit;
    }

    Seen[] internal _seen;

    Standing internal _standing;
    Kept[_RECORD_COUNT] internal _kept;
    uint32 internal _hospitalLimit = 3;
    uint256 internal _peerChanges;
    bool internal _peerIsOther;
    bool internal _isSealed;

    /// @dev By chain and clock hour.
    mapping(bool onA => mapping(uint256 hour => uint256 taken)) private _takenIn;
    mapping(bool onA => mapping(uint256 hour => mapping(uint256 doctor => uint256 taken))) private _takenOf;

    constructor() {
        for (uint256 i = 0; i + 1 < _RECORD_COUNT; ++i) {
            _kept[i] = Kept({isAnchored: true, isRevoked: false, limit: 2});
        }
    }

    function _lookAtRequests() internal {
        for (uint256 i = 0; i < _seen.length; ++i) {
            Seen storage s = _seen[i];
            Grant memory grant = _a.grants.grant(s.id);
            if (grant.state != s.onA) _lookAtA(s, grant);
            s.onA = grant.state;
            RequestStatus memory status = _b.requests.status(s.id);
            bool isAnswered = status.respondedAt != 0;
            if (status.state != s.onB || isAnswered != s.isAnswered) _lookAtB(s, status.state, isAnswered, grant);
            s.onB = status.state;
            s.isAnswered = isAnswered;
        }
    }

    /// @dev A request that went on, on the owner's side.
    function _lookAtA(Seen storage s, Grant memory grant) private {
        RequestState to = grant.state;
        _claim(s.onA < RequestState.Granted, "a request left its terminal state");
        _claim((to == RequestState.Expired) == (_timeA >= s.request.expiry), "ended early, or decided late");
        _claim(to < RequestState.Granted || grant.decidedAt == _timeA, "decided at another time");
        if (s.onA == RequestState.None) _lookAtDelivery(s, to);
        else _claim(to != RequestState.Pending, "a request waits again");
        if (to == RequestState.Authorized || to == RequestState.Granted) _lookAtGrant(s, to);
        if (to == RequestState.Denied) _claim(s.isTakenBack, "denied, but not by the owner");
        if (to == RequestState.Refused) _lookAtRefusal(s, grant.decision);
    }

    function _lookAtDelivery(Seen storage s, RequestState to) private {
        s.peerOf = _peerChanges;
        bool isRevoked = _kept[s.record].isRevoked;
        _claim(to == (isRevoked ? RequestState.Refused : RequestState.Pending), "delivered into another state");
        _claim(!_isPausedOnA() && !_peerIsOther, "delivered over a closed lane");
        _claim(!_isSealed, "delivered to a sealed suite");
        _claim(_requesterStandsOnA(s.doctor), "delivered although the requester was suspended");
        _count(true, _timeA, s.doctor);
    }

    /// @dev What was just approved or granted: by the owner, and never without the standing of both and of their hospitals, over a paused
    /// or another lane, or for a revoked record.
    function _lookAtGrant(Seen storage s, RequestState to) private {
        RequestState from = to == RequestState.Granted ? RequestState.Authorized : RequestState.Pending;
        _claim(s.onA == from, "a request went a way that there is none");
        _claim(s.isApproved && !s.isTakenBack, "granted, but not by the owner");
        _claim(_ownerStands(), "granted although the owner was suspended");
        _claim(_requesterStandsOnA(s.doctor), "granted although the requester was suspended");
        _claim(_kept[s.record].isAnchored && !_kept[s.record].isRevoked, "granted although the record was revoked");
        _claim(!_isPausedOnA(), "granted over a paused lane");
        _claim(s.peerOf == _peerChanges, "granted over another lane");
    }

    /// @dev What was just refused: not for what is not so.
    function _lookAtRefusal(Seen storage s, Decision decision) private {
        bool isTrue = true;
        if (decision == Decision.RecordRevoked) isTrue = _kept[s.record].isRevoked;
        else if (decision == Decision.OwnerInactive) isTrue = !_ownerStands();
        else if (decision == Decision.RequesterInactive) isTrue = !_requesterStandsOnA(s.doctor);
        _claim(isTrue, "refused for what is not so");
    }

    /// @dev A request that went on, on the requester's side.
    function _lookAtB(Seen storage s, RequestState to, bool isAnswered, Grant memory grant) private {
        _claim(!_isPausedOnB(), "the requester's side went on over a paused lane");
        if (s.onB == RequestState.None) {
            _lookAtFiling(s, to);
            return;
        }
        // Its own end gives way to an answer.
        bool isOpen = s.onB == RequestState.Pending || (s.onB == RequestState.Expired && !s.isAnswered);
        _claim(isOpen, "an answer changed");
        if (isAnswered) _lookAtAnswer(s, to, grant);
        else _lookAtEnd(s, to);
    }

    function _lookAtFiling(Seen storage s, RequestState to) private {
        s.pausedBefore = _pauseB.total;
        _claim(to == RequestState.Pending, "a request began with its answer");
        _claim(!_standing.suspendedOnB[s.doctor] && !_standing.hospitalBOnB, "asked although suspended");
        _claim(_timeB < s.request.expiry, "asked after it expired");
        _count(false, _timeB, s.doctor);
    }

    function _lookAtAnswer(Seen storage s, RequestState to, Grant memory grant) private {
        _claim(to == grant.state && to >= RequestState.Granted, "an answer that nobody decided");
        _claim(s.onB == RequestState.Pending || to != RequestState.Expired, "ended twice");
    }

    /// @dev Without an answer: not before the window has passed, of which no second counts in which the lane stood still.
    function _lookAtEnd(Seen storage s, RequestState to) private {
        _claim(to == RequestState.Expired, "answered by nobody");
        uint64 stoodStill = _pauseB.total - s.pausedBefore;
        _claim(_timeB >= s.request.expiry + 1 hours + stoodStill, "ended before an answer could arrive");
    }

    /// @dev Within a clock hour, no more than the limits at the most.
    function _count(bool onA, uint64 time, uint256 doctor) private {
        uint256 hour = time / 1 hours;
        _claim(++_takenIn[onA][hour] <= _REQUESTS_PER_HOUR, "took more than the hospital may ask");
        _claim(++_takenOf[onA][hour][doctor] <= _REQUESTS_PER_DOCTOR, "took more than a doctor may ask");
    }

    function _ownerStands() private view returns (bool) {
        return !_standing.suspendedOnA[_OWNER] && !_standing.voidOnA[_OWNER] && !_standing.hospitalA;
    }

    function _requesterStandsOnA(uint256 doctor) private view returns (bool) {
        return !_standing.suspendedOnA[doctor] && !_standing.voidOnA[doctor] && !_standing.hospitalBOnA;
    }
}
