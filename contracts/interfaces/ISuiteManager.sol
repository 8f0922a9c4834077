// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

/// @title ISuiteManager
/// @notice The roles of a chain's suite, its one stop, and its end.
interface ISuiteManager is IAccessManager {
    /// @notice All lanes of all contracts are paused until `until` (Unix seconds), or until the suite is resumed before; only by that
    /// if it is the highest number.
    event SuiteStopped(uint64 until);
    /// @notice The stop is over; lanes that are paused by themselves stay so.
    event SuiteResumed();
    /// @notice The suite takes nothing new any more.
    event SuiteSealed();

    /// @dev The guardian may stop the suite again from this second on.
    error SuiteManagerResting(uint64 from);
    /// @dev The suite takes nothing new, and the contracts cannot be given another manager.
    error SuiteManagerSealed();

    /// @notice Pauses all lanes of all contracts of the suite at once, for seven days at most. Role: guardian.
    /// @dev Not again until seven days after a stop has ended, however it was ended: a guardian can gain time, and no more. While the suite is
    /// stopped this does nothing.
    function stop() external;

    /// @notice Stops the suite, or lets a stop go on, until it is resumed. Role: lane manager.
    function confirmStop() external;

    /// @notice Ends a stop. Role: lane manager.
    function resume() external;

    /// @notice Ends the suite for good: from now on its contracts take no request, hospital, certificate, record or limit. What is
    /// under way can still end, and what was given can be taken back. Role: administrator.
    /// @dev Cannot be undone: nor can the contracts be put under another manager afterwards.
    function seal() external;

    /// @notice Whether the suite is sealed.
    function isSealed() external view returns (bool);

    /// @notice Whether the suite is stopped.
    function isStopped() external view returns (bool);

    /// @notice For how many seconds the suite was stopped so far, this stop included.
    function stoppedSeconds() external view returns (uint64);
}
