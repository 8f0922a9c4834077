// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessPolicy} from "../libraries/AccessPolicy.sol";
import {Decision, RequestState} from "../types/Access.sol";

/// @title AccessPolicyProof
/// @notice What holds of Algorithm₁ for all counts and limits, by symbolic execution (`npm run prove:contracts`).
contract AccessPolicyProof {
    /// @notice An access is granted if and only if both counts are below their limits.
    function checkGrantsExactlyBelowBothLimits(
        uint32 hospitalCount,
        uint32 hospitalLimit,
        uint32 recordCount,
        uint32 recordLimit
    ) external pure {
        Decision decision = AccessPolicy.decide(hospitalCount, hospitalLimit, recordCount, recordLimit);
        bool within = hospitalCount < hospitalLimit && recordCount < recordLimit;
        assert((decision == Decision.Granted) == within);
    }

    /// @notice A refusal names the hospital's limit if that is reached, and the record's only if that alone is.
    function checkOrderOfRefusals(
        uint32 hospitalCount,
        uint32 hospitalLimit,
        uint32 recordCount,
        uint32 recordLimit
    ) external pure {
        Decision decision = AccessPolicy.decide(hospitalCount, hospitalLimit, recordCount, recordLimit);
        bool hospitalReached = hospitalCount >= hospitalLimit;
        assert((decision == Decision.HospitalLimitReached) == hospitalReached);
        assert((decision == Decision.RecordLimitReached) == (!hospitalReached && recordCount >= recordLimit));
    }

    /// @notice Every decision ends a request; only a grant ends it as granted, and only the passing of time as expired.
    function checkTerminalStates(Decision decision) external pure {
        RequestState state = AccessPolicy.terminalState(decision);
        assert(state >= RequestState.Granted);
        assert((state == RequestState.Granted) == (decision == Decision.Granted));
        assert((state == RequestState.Expired) == (decision == Decision.Expired));
    }
}
