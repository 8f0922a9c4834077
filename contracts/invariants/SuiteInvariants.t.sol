// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SuiteHandler} from "./SuiteHandler.t.sol";

/// @title SuiteInvariants
/// @notice What holds of two chains' suites whatever is done to them in whatever order.
contract SuiteInvariants {
    SuiteHandler private _handler;

    /// @dev What an observer found wrong.
    error SuiteViolated(string violation);

    /// @notice Fresh suites; the runner calls everything of their handler that is external.
    function setUp() public {
        _handler = new SuiteHandler();
    }

    /// @notice At the end of every run: whatever was paused, stopped or late, both chains end every request alike.
    function afterInvariant() public {
        _handler.settle();
        invariantSuiteHolds();
    }

    /// @notice Where the runner's calls go.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @notice No grant exceeds a limit, or follows the suspension of the owner, the requester or a hospital of theirs, or a pause; no request
    /// leaves a terminal state or is answered as nobody decided, no number is skipped, no entry breaks the chain, and nobody but the
    /// owner, or its signature, decides. And what the contracts hold is what their events say: counts are numbers of grants, the head is
    /// the fold of the entries and the root their tree's, numbers are the last that were emitted.
    /// @dev One invariant, as the runner starts anew for each.
    function invariantSuiteHolds() public view {
        string memory violation = _handler.violation();
        if (bytes(violation).length != 0) revert SuiteViolated(violation);
        assert(_handler.countsAgree());
        assert(_handler.ledgerAgrees());
        assert(_handler.numbersAgree());
    }
}
