// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CHAIN_A, CHAIN_B, SuiteWorld} from "./SuiteWorld.t.sol";

/// @title SuiteClocks
/// @notice How time passes on both chains, and for how much of it, by what was paused and stopped, their lanes stood still.
abstract contract SuiteClocks is SuiteWorld {
    /// @dev Of one chain's lane to the other.
    struct Pause {
        bool isPaused;
        /// Unix seconds: when the suite's latest stop ends or ended; zero where there was none.
        uint64 stoppedUntil;
        /// For how many seconds the lane was paused, or the suite stopped, so far.
        uint64 total;
    }

    /// @dev The clocks' greatest difference, in seconds.
    uint64 internal constant _SKEW = 5 minutes;

    Pause internal _pauseA;
    Pause internal _pauseB;

    /// @dev Time passes on both chains.
    function _pass(uint64 time) internal {
        _passOnA(time);
        _passOnB(time);
    }

    function _passOnA(uint64 time) internal {
        _pauseA.total += _pausedFor(_pauseA, _timeA, time);
        _timeA += time;
    }

    function _passOnB(uint64 time) internal {
        _pauseB.total += _pausedFor(_pauseB, _timeB, time);
        _timeB += time;
    }

    /// @dev Whether the contracts say of their pauses what this does.
    function _pausesAgree() internal returns (bool) {
        _onA();
        if (_a.grants.isPaused(CHAIN_B) != _isPausedOnA() || _a.grants.pausedSeconds(CHAIN_B) != _pauseA.total)
            return false;
        _onB();
        return _b.requests.isPaused(CHAIN_A) == _isPausedOnB() && _b.requests.pausedSeconds(CHAIN_A) == _pauseB.total;
    }

    function _isPausedOnA() internal view returns (bool) {
        return _pauseA.isPaused || _timeA < _pauseA.stoppedUntil;
    }

    function _isPausedOnB() internal view returns (bool) {
        return _pauseB.isPaused || _timeB < _pauseB.stoppedUntil;
    }

    function _pausedFor(Pause storage pause, uint64 from, uint64 time) private view returns (uint64) {
        if (pause.isPaused || from + time <= pause.stoppedUntil) return time;
        return from < pause.stoppedUntil ? pause.stoppedUntil - from : 0;
    }
}
