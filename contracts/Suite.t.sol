// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SuiteHandler} from "./SuiteHandler.t.sol";

/// @title SuiteInvariants
/// @notice What holds of the suite whatever is done to it in whatever order.
contract SuiteInvariants {
    SuiteHandler private _handler;

    /// @dev What an observer found wrong.
    error SuiteViolated(string violation);

    /// @notice A fresh suite; the runner calls everything of its handler that is external.
    function setUp() public {
        _handler = new SuiteHandler();
    }

    /// @notice Where the runner's calls go.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @notice No grant exceeds a limit, no request leaves a terminal state or is answered as nobody decided, no number is skipped,
    /// no entry breaks the chain, and nobody but the owner, or its signature, decides. And what the contracts hold is what their
    /// events say: counts are numbers of grants, the head is the fold of the entries and the root their tree's, numbers are the last that were emitted.
    /// @dev One invariant, as the runner starts anew for each.
    function invariantSuiteHolds() public view {
        string memory violation = _handler.violation();
        if (bytes(violation).length != 0) revert SuiteViolated(violation);
        assert(_handler.countsAgree());
        assert(_handler.LEDGER().head() == _handler.foldedHead());
        assert(_handler.LEDGER().length() == _handler.entries());
        assert(_handler.rootAgrees());
        assert(_handler.GRANTS().sequence() == _handler.grantsSequence());
        assert(_handler.REQUESTS().sequence() == _handler.requestsSequence());
        assert(_handler.GRANTS().requestCount() == _handler.deliveries());
    }
}
