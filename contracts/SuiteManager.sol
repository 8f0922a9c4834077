// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ISuiteManager} from "./interfaces/ISuiteManager.sol";

/// @title SuiteManager
/// @notice The roles of a chain's suite, its one stop, and its end.
/// @dev OpenZeppelin's `AccessManager`, which every contract of the suite asks already, with a stop that every lane asks for beside, and
/// a seal that whatever takes something new asks for.
contract SuiteManager is AccessManager, ISuiteManager {
    /// @notice The longest that a stop lasts which is not confirmed, in seconds.
    uint64 public constant MAX_STOP = 7 days;

    /// @notice How long the guardian cannot stop the suite after a stop, in seconds.
    uint64 public constant REST = 7 days;

    /// @dev The latest stop's start and end, which may be yet to come, in Unix seconds; and the length of all stops before it.
    uint64 private _since;
    uint64 private _until;
    uint64 private _before;

    /// @inheritdoc ISuiteManager
    bool public isSealed;

    constructor(address administrator) AccessManager(administrator) {}

    /// @inheritdoc ISuiteManager
    function stop() external onlyAuthorized {
        if (isStopped()) return;
        // A suite that was never stopped has nothing to rest from.
        uint64 rested = _until == 0 ? 0 : _until + REST;
        if (block.timestamp < rested) revert SuiteManagerResting(rested);
        _stop(uint64(block.timestamp) + MAX_STOP);
    }

    /// @inheritdoc ISuiteManager
    function confirmStop() external onlyAuthorized {
        if (_until != type(uint64).max) _stop(type(uint64).max);
    }

    /// @inheritdoc ISuiteManager
    function resume() external onlyAuthorized {
        if (!isStopped()) return;
        _until = uint64(block.timestamp);
        emit SuiteResumed();
    }

    /// @inheritdoc ISuiteManager
    function seal() external onlyAuthorized {
        if (isSealed) return;
        isSealed = true;
        emit SuiteSealed();
    }

    /// @notice As OpenZeppelin's, except that no contract of a sealed suite is led away from its seal.
    function updateAuthority(address target, address newAuthority) public override(AccessManager, IAccessManager) {
        if (isSealed) revert SuiteManagerSealed();
        super.updateAuthority(target, newAuthority);
    }

    /// @notice As OpenZeppelin's, except that no contract of a sealed suite is led away from its seal.
    function execute(
        address target,
        bytes calldata data
    ) public payable override(AccessManager, IAccessManager) returns (uint32) {
        // What a contract does for its manager: here an administrator would do it in the manager's name.
        if (isSealed && bytes4(data) == IAccessManaged.setAuthority.selector) revert SuiteManagerSealed();
        return super.execute(target, data);
    }

    /// @inheritdoc ISuiteManager
    function isStopped() public view returns (bool) {
        return block.timestamp < _until;
    }

    /// @inheritdoc ISuiteManager
    function stoppedSeconds() public view returns (uint64) {
        return _before + uint64(Math.min(block.timestamp, _until)) - _since;
    }

    function _stop(uint64 until) private {
        _before = stoppedSeconds();
        _since = uint64(block.timestamp);
        _until = until;
        emit SuiteStopped(until);
    }
}
