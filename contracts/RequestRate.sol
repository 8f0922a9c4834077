// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRequestRate} from "./interfaces/IRequestRate.sol";
import {HospitalId} from "./types/Ids.sol";

/// @title RequestRate
/// @notice Counts the requests of each hospital's members by clock hour, and refuses those over the hospital's limit.
/// @dev Hours start at multiples of 3600 seconds, so two full hours can meet within one; a limit bounds load, not access.
abstract contract RequestRate is IRequestRate {
    struct Usage {
        uint64 hour;
        uint32 requests;
    }

    mapping(HospitalId hospitalId => Usage usage) private _usages;

    /// @inheritdoc IRequestRate
    function requestsThisHour(HospitalId hospitalId) public view returns (uint32) {
        Usage storage usage = _usages[hospitalId];
        return usage.hour == _hour() ? usage.requests : 0;
    }

    /// @dev Counts one request; reverts where the limit is reached, and so always under a limit that was never set.
    function _countRequest(HospitalId hospitalId, uint32 maxRequestsPerHour) internal {
        uint32 requests = requestsThisHour(hospitalId);
        if (requests >= maxRequestsPerHour) revert RequestRateExceeded(hospitalId, maxRequestsPerHour);
        _usages[hospitalId] = Usage({hour: _hour(), requests: requests + 1});
    }

    function _hour() private view returns (uint64) {
        return uint64(block.timestamp / 1 hours);
    }
}
