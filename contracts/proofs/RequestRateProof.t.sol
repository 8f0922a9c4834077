// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {HospitalId} from "../types/Ids.sol";
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

    /// @notice A request is taken if and only if the count is below the limit; it raises the count by one, and so never above the
    /// limit, and leaves another hospital's alone.
    function checkCountsUpToTheLimit(HospitalId hospitalId, HospitalId other, uint32 limit) external {
        uint256 before = _rate.requestsThisHour(hospitalId);
        uint32 beforeOfOther = _rate.requestsThisHour(other);
        try _rate.count(hospitalId, limit) {
            assert(before < limit);
            assert(_rate.requestsThisHour(hospitalId) == before + 1);
            assert(_rate.requestsThisHour(hospitalId) <= limit);
        } catch {
            assert(before >= limit);
            assert(_rate.requestsThisHour(hospitalId) == before);
        }
        if (HospitalId.unwrap(other) != HospitalId.unwrap(hospitalId)) {
            assert(_rate.requestsThisHour(other) == beforeOfOther);
        }
    }
}
