// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Pages} from "../libraries/Pages.sol";
import {RequestTimes} from "../libraries/RequestTimes.sol";
import {AccessRequest} from "../types/Access.sol";

/// @title RequestTimesProof
/// @notice What holds of the times of a request and of pages for all numbers, by symbolic execution (`npm run prove:contracts`).
contract RequestTimesProof {
    /// @notice A request is valid if and only if it is issued by now and lives for 30 days at most; whatever its times, the answer
    /// comes without an underflow.
    function checkValidityBoundsTheLifetime(AccessRequest calldata request, uint256 latest) external view {
        uint256 issuedAt = request.issuedAt;
        uint256 expiry = request.expiry;
        bool expected = issuedAt <= latest && issuedAt <= expiry && expiry <= issuedAt + 30 days;
        try this.isValid(request, latest) returns (bool valid) {
            assert(valid == expected);
        } catch {
            assert(false);
        }
    }

    /// @notice A page lies within the list and is no longer than it is asked to be; it is shorter only where the list ends.
    function checkPagesLieWithinTheList(uint64 total, uint64 from, uint64 count) external view {
        try this.sizeOf(total, from, count) returns (uint64 size) {
            assert(size <= count);
            assert(size == 0 || uint256(from) + size <= total);
            assert(size == count || uint256(from) + size >= total);
        } catch {
            assert(false);
        }
    }

    /// @notice `RequestTimes.isValid`, as a call whose revert can be seen.
    function isValid(AccessRequest calldata request, uint256 latest) external pure returns (bool) {
        return RequestTimes.isValid(request, latest);
    }

    /// @notice `Pages.sizeOf`, as a call whose revert can be seen.
    function sizeOf(uint64 total, uint64 from, uint64 count) external pure returns (uint64) {
        return Pages.sizeOf(total, from, count);
    }
}
