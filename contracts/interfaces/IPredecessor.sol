// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessLedger} from "./IAccessLedger.sol";
import {IHospitalRegistry} from "./IHospitalRegistry.sol";
import {IRecordRegistry} from "./IRecordRegistry.sol";

// The functions are the getters of immutable variables, which are written in capitals.
// solhint-disable func-name-mixedcase

/// @title IPredecessor
/// @notice What a suite that goes on from an earlier one asks of it: of its `AccessGrants`.
interface IPredecessor {
    /// @dev Nothing is taken over from a suite, and nothing begins after it, before it is sealed and its last request has ended.
    error PredecessorOpen(address predecessor);

    /// @notice Makes the end final for this contract, whatever a manager says afterwards. By anyone, once `hasEnded`; the suite that goes on from
    /// this one does it before its first entry.
    /// @dev A contract that was put under a false manager before the seal could else be opened again.
    function end() external;

    /// @notice Whether the suite is sealed and has no request left that is undecided: nothing is granted there any more, for ever.
    function hasEnded() external view returns (bool);

    /// @notice Its hospitals and members.
    function HOSPITALS() external view returns (IHospitalRegistry);

    /// @notice Its records.
    function RECORDS() external view returns (IRecordRegistry);

    /// @notice Its ledger.
    function LEDGER() external view returns (IAccessLedger);
}
