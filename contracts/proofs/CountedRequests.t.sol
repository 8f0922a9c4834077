// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RequestRate} from "../RequestRate.sol";
import {HospitalId} from "../types/Ids.sol";

/// @title CountedRequests
/// @notice A rate whose counting anyone may call.
contract CountedRequests is RequestRate {
    /// @notice Counts a request.
    function count(HospitalId hospitalId, uint32 maxRequestsPerHour) external {
        _countRequest(hospitalId, maxRequestsPerHour);
    }
}
