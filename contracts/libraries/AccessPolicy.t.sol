// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Decision, RequestState} from "../types/Access.sol";
import {AccessPolicy} from "./AccessPolicy.sol";

/// @title AccessPolicyTest
/// @notice Properties of Algorithm₁ and of what its decisions mean.
contract AccessPolicyTest {
    /// @notice `decide` grants exactly when both counts are under their limits: never at a limit, never over one.
    function testFuzzDecideGrantsExactlyUnderBothLimits(
        uint32 hospitalCount,
        uint32 hospitalLimit,
        uint32 recordCount,
        uint32 recordLimit
    ) public pure {
        Decision decision = AccessPolicy.decide(hospitalCount, hospitalLimit, recordCount, recordLimit);
        bool within = hospitalCount < hospitalLimit && recordCount < recordLimit;
        assert((decision == Decision.Granted) == within);
    }

    /// @notice A count at its limit is refused, by name; random counts rarely hit the limit, so it is aimed at here.
    function testFuzzDecideRefusesAtTheLimit(uint32 limit, uint32 other, uint32 otherLimit) public pure {
        assert(AccessPolicy.decide(limit, limit, other, otherLimit) == Decision.HospitalLimitReached);
        if (other < otherLimit) {
            assert(AccessPolicy.decide(other, otherLimit, limit, limit) == Decision.RecordLimitReached);
        }
    }

    /// @notice The last access under a limit is granted, and the next refused.
    function testFuzzDecideGrantsUpToTheLimit(uint32 limit, uint32 otherLimit) public pure {
        if (limit == 0 || otherLimit == 0) return;
        assert(AccessPolicy.decide(limit - 1, limit, 0, otherLimit) == Decision.Granted);
        assert(AccessPolicy.decide(0, otherLimit, limit - 1, limit) == Decision.Granted);
    }

    /// @notice Nothing is granted under a limit of zero.
    function testFuzzDecideGrantsNothingUnderZero(uint32 count, uint32 other, uint32 otherLimit) public pure {
        assert(AccessPolicy.decide(count, 0, other, otherLimit) != Decision.Granted);
        assert(AccessPolicy.decide(other, otherLimit, count, 0) != Decision.Granted);
    }

    /// @notice Every decision ends a request, and only `Granted` ends it as granted.
    function testTerminalStateEndsEveryRequest() public pure {
        for (uint8 i = 0; i <= uint8(type(Decision).max); ++i) {
            Decision decision = Decision(i);
            RequestState state = AccessPolicy.terminalState(decision);
            assert(state >= RequestState.Granted);
            assert((state == RequestState.Granted) == (decision == Decision.Granted));
        }
    }
}
