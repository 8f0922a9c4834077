// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRequestRate} from "./interfaces/IRequestRate.sol";
import {HospitalId, MemberId} from "./types/Ids.sol";

/// @title RequestRate
/// @notice Counts the requests of each hospital's members, and of each member, and refuses those over a limit.
/// @dev A sliding window of two buckets: what was taken in this clock hour, and of the hour before the share that still lies within
/// the last 3600 seconds, as if it had been spread evenly. So a burst before the full hour counts in full just after it.
abstract contract RequestRate is IRequestRate {
    /// @dev One slot.
    struct Usage {
        /// The clock hour of the latest request.
        uint64 hour;
        /// Taken in that hour.
        uint32 requests;
        /// Taken in the hour before it.
        uint32 before;
    }

    mapping(HospitalId hospitalId => Usage usage) private _usages;
    mapping(MemberId memberId => Usage usage) private _usagesOf;

    /// @inheritdoc IRequestRate
    function recentRequests(HospitalId hospitalId) external view returns (uint32) {
        return _clamped(_recent(_current(_usages[hospitalId])));
    }

    /// @inheritdoc IRequestRate
    function recentRequestsOf(MemberId memberId) external view returns (uint32) {
        return _clamped(_recent(_current(_usagesOf[memberId])));
    }

    /// @dev Counts one request; reverts where a limit is reached, and so always under a limit that was never set.
    function _countRequest(
        HospitalId hospitalId,
        uint32 maxRequestsPerHour,
        MemberId memberId,
        uint32 maxRequestsPerMember
    ) internal {
        Usage memory usage = _current(_usages[hospitalId]);
        if (_recent(usage) >= maxRequestsPerHour) revert RequestRateExceeded(hospitalId, maxRequestsPerHour);
        ++usage.requests;
        _usages[hospitalId] = usage;

        usage = _current(_usagesOf[memberId]);
        if (_recent(usage) >= maxRequestsPerMember) revert RequestRateMemberExceeded(memberId, maxRequestsPerMember);
        ++usage.requests;
        _usagesOf[memberId] = usage;
    }

    /// @dev A usage as it stands in this hour.
    function _current(Usage memory usage) private view returns (Usage memory) {
        uint64 hour = uint64(block.timestamp / 1 hours);
        if (usage.hour == hour) return usage;
        bool isNext;
        unchecked {
            // No clock comes to the last hour of 64 bits.
            isNext = usage.hour + 1 == hour;
        }
        return Usage({hour: hour, requests: 0, before: isNext ? usage.requests : 0});
    }

    /// @dev Rounded up, so that a limit is never passed by rounding.
    function _recent(Usage memory usage) private view returns (uint256) {
        uint256 left = 1 hours - (block.timestamp % 1 hours);
        return usage.requests + (usage.before * left + 1 hours - 1) / 1 hours;
    }

    /// @dev Two full buckets may be more than the largest limit.
    function _clamped(uint256 recent) private pure returns (uint32) {
        return recent > type(uint32).max ? type(uint32).max : uint32(recent);
    }
}
