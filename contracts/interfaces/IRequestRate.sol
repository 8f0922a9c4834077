// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {HospitalId, MemberId} from "../types/Ids.sol";

/// @title IRequestRate
/// @notice How many requests of a hospital's members, and of each of them, are taken in one hour.
interface IRequestRate {
    /// @dev The hospital's members made as many requests as they may for now; a limit of zero takes none.
    error RequestRateExceeded(HospitalId hospitalId, uint32 maxRequestsPerHour);
    /// @dev The member made as many requests as it may for now.
    error RequestRateMemberExceeded(MemberId memberId, uint32 maxRequestsPerMember);

    /// @notice How many requests of the hospital's members count now.
    function recentRequests(HospitalId hospitalId) external view returns (uint32);

    /// @notice How many requests of the member count now.
    function recentRequestsOf(MemberId memberId) external view returns (uint32);
}
