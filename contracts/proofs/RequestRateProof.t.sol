// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {HospitalId, MemberId} from "../types/Ids.sol";
import {CountedRequests} from "./CountedRequests.t.sol";
import {PROVER} from "./IProver.t.sol";

/// @title RequestRateProof
/// @notice What counting one request does to a rate that may hold anything before, by symbolic execution (`npm run prove:contracts`).
contract RequestRateProof {
    CountedRequests private _rate;

    /// @notice A rate with any history.
    function setUp() public {
        _rate = new CountedRequests();
        PROVER.enableSymbolicStorage(address(_rate));
    }

    /// @notice A request is taken if and only if both counts are below their limits; it raises each by one, and so never above its limit,
    /// and leaves another hospital's and another member's alone.
    function checkCountsUpToTheLimits(
        HospitalId hospitalId,
        HospitalId other,
        uint32 limit,
        MemberId memberId,
        uint32 memberLimit
    ) external {
        uint256 before = _rate.recentRequests(hospitalId);
        uint256 beforeOfMember = _rate.recentRequestsOf(memberId);
        uint32 beforeOfOther = _rate.recentRequests(other);
        try _rate.count(hospitalId, limit, memberId, memberLimit) {
            assert(before < limit && beforeOfMember < memberLimit);
            assert(_rate.recentRequests(hospitalId) == before + 1);
            assert(_rate.recentRequestsOf(memberId) == beforeOfMember + 1);
        } catch {
            assert(before >= limit || beforeOfMember >= memberLimit);
            assert(_rate.recentRequests(hospitalId) == before);
            assert(_rate.recentRequestsOf(memberId) == beforeOfMember);
        }
        if (HospitalId.unwrap(other) != HospitalId.unwrap(hospitalId)) {
            assert(_rate.recentRequests(other) == beforeOfOther);
        }
    }
}
