// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPredecessor} from "../interfaces/IPredecessor.sol";
import {RequestState} from "../types/Access.sol";
import {HospitalId, MemberId} from "../types/Ids.sol";
import {RecordAnchor} from "../types/Record.sol";
import {LaneActs} from "./LaneActs.t.sol";
import {RelayerActs} from "./RelayerActs.t.sol";
import {StandingActs} from "./StandingActs.t.sol";
import {HOSPITAL_A, HOSPITAL_B} from "./SuiteWorld.t.sol";

/// @title SuiteHandler
/// @notice Everything that anyone can do to two chains' suites, one random act at a time, and what an observer makes of it.
contract SuiteHandler is StandingActs, LaneActs, RelayerActs {
    address private immutable _RUNNER = msg.sender;

    /// @notice Chain A's suite is sealed, and takes nothing new any more.
    function seal(uint256 dice) external observed {
        if (dice % 4 != 0) return;
        _onA();
        _a.manager.seal();
        _isSealed = true;
    }

    /// @notice Once the sealed suite's last request has ended, another goes on from it: with what stood there, and with its counts.
    function migrate() external observed {
        if (!_isSealed) return;
        _settle();
        // The clocks meet again, in an hour in which nothing was taken yet.
        _passOnA(_timeB + 1 hours - _timeA);
        _passOnB(1 hours);
        _deployOnA(IPredecessor(address(_a.grants)));
        _takeOver();
        delete _seen;
        delete _pauseA;
        _isSealed = false;
        _numberAnew();
    }

    /// @notice At the end: see `_settle`. Of the runner alone.
    function settle() external {
        if (msg.sender == _RUNNER) _settle();
    }

    /// @dev All lanes are opened, all that expires has expired, and every answer is carried, in time or after B ended the request
    /// itself. Now both chains have ended every request alike.
    function _settle() private {
        _open();
        uint64 latest = _latestExpiry();
        _passOnA(latest > _timeA ? latest - _timeA : 0);
        _passOnB(latest > _timeB ? latest - _timeB : 0);
        for (uint256 i = 0; i < _seen.length; ++i) _endOnA(_seen[i]);
        _respondFrom(0);
        // No request's window has stood still for longer than the lane did in all.
        _passOnB(1 hours + _pauseB.total);
        for (uint256 i = 0; i < _seen.length; ++i) _expireOnB(_seen[i]);
        _observe();
        _respondFrom(1);
        for (uint256 i = 0; i < _seen.length; ++i) _compare(_seen[i]);
    }

    /// @dev By anyone, as anyone may.
    function _takeOver() private {
        HospitalId[] memory hospitals = new HospitalId[](2);
        (hospitals[0], hospitals[1]) = (HOSPITAL_A, HOSPITAL_B);
        MemberId[] memory members = new MemberId[](_MEMBERS);
        for (uint256 i = 0; i < _MEMBERS; ++i) members[i] = _members[i];
        RecordAnchor[] memory anchors = new RecordAnchor[](
            _RECORD_COUNT - (_kept[_RECORD_COUNT - 1].isAnchored ? 0 : 1)
        );
        for (uint256 i = 0; i < anchors.length; ++i) anchors[i] = _anchorOf(i);
        _onA();
        _a.hospitals.adoptHospitals(hospitals);
        _a.hospitals.adoptMembers(members);
        _a.records.adoptRecords(anchors);
        _a.ledger.takeOver();
    }

    /// @dev Lanes, peers and enough honest relayers.
    function _open() private {
        _resumeLane(true);
        _resumeLane(false);
        _resume(true);
        _resume(false);
        if (_peerIsOther) _setPeer(false);
        _onB();
        _installRelayers(_b.relayers);
        _observe();
    }

    function _endOnA(Seen storage s) private {
        if (s.onA != RequestState.Pending && s.onA != RequestState.Authorized) return;
        _expireOnA(s);
        _observe();
        _claim(s.onA == RequestState.Expired, "a request cannot be ended");
    }

    /// @dev Every other answer.
    function _respondFrom(uint256 first) private {
        for (uint256 i = first; i < _seen.length; i += 2) _respond(_seen[i]);
        _observe();
    }

    function _compare(Seen storage s) private {
        if (s.onB == RequestState.None) return;
        // What never reached A has expired there too, though A does not know.
        RequestState due = s.onA == RequestState.None ? RequestState.Expired : s.onA;
        _claim(s.onB == due, "the chains ended a request differently");
    }

    function _latestExpiry() private view returns (uint64 latest) {
        for (uint256 i = 0; i < _seen.length; ++i) {
            if (_seen[i].request.expiry > latest) latest = _seen[i].request.expiry;
        }
    }
}
