// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SuiteManager} from "./SuiteManager.sol";

/// @title TurncoatManager
/// @notice A manager that takes its seal back: what an administrator could put a contract under.
contract TurncoatManager is SuiteManager {
    constructor() SuiteManager(msg.sender) {}

    /// @notice Undoes the seal.
    function unseal() external onlyAuthorized {
        isSealed = false;
    }
}
