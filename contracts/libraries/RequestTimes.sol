// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessRequest} from "../types/Access.sol";

/// @title RequestTimes
/// @notice When a request may be made and delivered, by the same rule on both chains.
library RequestTimes {
    /// @notice The longest time between a request's issue and its expiry.
    uint64 internal constant MAX_LIFETIME = 30 days;

    /// @notice By how much the clock of the requester's chain may be ahead of the owner's.
    uint64 internal constant CLOCK_SKEW = 5 minutes;

    /// @notice Whether the request was issued by `latest` and lives for no longer than `MAX_LIFETIME`.
    function isValid(AccessRequest calldata request, uint256 latest) internal pure returns (bool) {
        // In this order, no difference can underflow.
        if (request.issuedAt > latest || request.issuedAt > request.expiry) return false;
        return request.expiry - request.issuedAt <= MAX_LIFETIME;
    }
}
