// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SuiteManager} from "../SuiteManager.sol";
import {RequestActs} from "./RequestActs.t.sol";
import {CHAIN_A, CHAIN_B} from "./SuiteWorld.t.sol";

/// @title LaneActs
/// @notice What holds up or moves a lane, on either chain, and how time passes there.
abstract contract LaneActs is RequestActs {
    address private constant _OTHER_PEER = address(0xBAD);

    /// @notice Time passes on both chains: most often less than an hour, now and then days.
    function wait_(uint32 time, uint256 dice) external observed {
        _pass(dice % 16 == 0 ? time % 10 days : time % 1 hours);
    }

    /// @notice Time passes until a request expires, or until B could end it if nothing had been paused, or until B may; or until a second
    /// before. Perhaps everyone has waited for that.
    function waitFor(uint256 index, uint256 dice) external observed {
        if (_seen.length == 0) return;
        Seen storage s = _seen[index % _seen.length];
        uint64 until = s.request.expiry - uint64(dice % 2);
        if (dice % 3 > 0) until += 1 hours;
        if (dice % 3 > 1) until += _pauseB.total - s.pausedBefore;
        if (until > _timeB) _pass(until - _timeB);
        if ((dice >> 8) % 2 == 0) _rush();
    }

    /// @notice Time passes on one chain alone, as far as clocks may differ.
    function drift(bool onA, uint32 time) external observed {
        (uint64 own, uint64 other) = onA ? (_timeA, _timeB) : (_timeB, _timeA);
        time = uint32(time % (other + _SKEW - own + 1));
        if (onA) _passOnA(time);
        else _passOnB(time);
    }

    /// @notice A lane manager pauses one side's lane, most often for a while only, or resumes it.
    function pause(bool onA, uint32 time, uint256 dice) external observed {
        if (dice % 3 != 2) {
            _pauseLane(onA);
            _observe();
            if ((dice >> 8) % 2 == 0) _rush();
            _pass(time % 2 hours);
        }
        if (dice % 3 != 1) _resumeLane(onA);
    }

    /// @notice A guardian stops a suite, or a lane manager confirms or ends a stop.
    function stop(bool onA, uint256 dice) external observed {
        (Pause storage known, uint64 time) = onA ? (_pauseA, _timeA) : (_pauseB, _timeB);
        if (dice % 3 == 0) {
            if (_stop(onA) && time >= known.stoppedUntil) {
                bool isRested = known.stoppedUntil == 0 || time >= known.stoppedUntil + 7 days;
                _claim(isRested, "stopped without rest");
                known.stoppedUntil = time + 7 days;
            }
        } else if (dice % 12 == 1) {
            _managerOf(onA).confirmStop();
            known.stoppedUntil = type(uint64).max;
        } else {
            _resume(onA);
        }
    }

    /// @notice A lane manager sets another peer on A, or the one that there was.
    function replacePeer(uint256 dice) external observed {
        bool isOther = dice % 4 == 0;
        if (isOther == _peerIsOther) return;
        _setPeer(isOther);
    }

    function _setPeer(bool isOther) internal {
        _onA();
        _a.grants.setPeer(CHAIN_B, isOther ? _OTHER_PEER : address(_b.requests));
        _peerIsOther = isOther;
        ++_peerChanges;
    }

    function _resumeLane(bool onA) internal {
        if (onA) {
            _onA();
            _a.grants.resumeLane(CHAIN_B);
            _pauseA.isPaused = false;
        } else {
            _onB();
            _b.requests.resumeLane(CHAIN_A);
            _pauseB.isPaused = false;
        }
    }

    function _resume(bool onA) internal {
        SuiteManager manager = _managerOf(onA);
        (Pause storage known, uint64 time) = onA ? (_pauseA, _timeA) : (_pauseB, _timeB);
        manager.resume();
        if (time < known.stoppedUntil) known.stoppedUntil = time;
    }

    function _pauseLane(bool onA) private {
        if (onA) {
            _onA();
            _a.grants.pauseLane(CHAIN_B);
            _pauseA.isPaused = true;
        } else {
            _onB();
            _b.requests.pauseLane(CHAIN_A);
            _pauseB.isPaused = true;
        }
    }

    function _stop(bool onA) private returns (bool) {
        SuiteManager manager = _managerOf(onA);
        return _try(address(manager), abi.encodeCall(manager.stop, ()));
    }

    /// @dev The manager of a chain, on which the next calls are.
    function _managerOf(bool onA) private returns (SuiteManager) {
        if (onA) _onA();
        else _onB();
        return onA ? _a.manager : _b.manager;
    }
}
