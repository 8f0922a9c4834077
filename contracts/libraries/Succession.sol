// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPredecessor} from "../interfaces/IPredecessor.sol";
import {ISuiteManager} from "../interfaces/ISuiteManager.sol";

/// @title Succession
/// @notice When one suite ends, and when the one after it may begin.
library Succession {
    /// @notice Reverts where the suite of this manager is sealed.
    function requireUnsealed(address manager) internal view {
        if (ISuiteManager(manager).isSealed()) revert ISuiteManager.SuiteManagerSealed();
    }

    /// @notice Reverts where there is a predecessor that has not ended.
    function requireEnded(IPredecessor predecessor) internal view {
        if (address(predecessor) == address(0) || predecessor.hasEnded()) return;
        revert IPredecessor.PredecessorOpen(address(predecessor));
    }
}
