// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {HospitalId} from "../types/Ids.sol";

/// @title IRequestRate
/// @notice How many requests of a hospital's members are taken in one hour.
interface IRequestRate {
    /// @dev The hospital's members made as many requests as it may in this hour; a limit of zero takes none.
    error RequestRateExceeded(HospitalId hospitalId, uint32 maxRequestsPerHour);

    /// @notice How many requests of the hospital's members were taken in the current clock hour.
    function requestsThisHour(HospitalId hospitalId) external view returns (uint32);
}
