// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Decision, RequestState} from "../types/Access.sol";

/// @title AccessPolicy
/// @notice Algorithm₁ of MedExChain (Lv et al.) as pure functions, and what a decision means for a request.
library AccessPolicy {
    /// @notice Algorithm₁: whether one more access is within both limits.
    /// @dev Line 4 of the paper refuses when `accessCount < maxAccessCount`; that condition is inverted there. An access is
    /// refused when the count has reached the limit. A limit of zero therefore refuses everything.
    function decide(
        uint32 hospitalCount,
        uint32 hospitalLimit,
        uint32 recordCount,
        uint32 recordLimit
    ) internal pure returns (Decision) {
        if (hospitalCount >= hospitalLimit) return Decision.HospitalLimitReached;
        if (recordCount >= recordLimit) return Decision.RecordLimitReached;
        return Decision.Granted;
    }

    /// @notice The terminal state to which a decision brings a request.
    function terminalState(Decision decision) internal pure returns (RequestState) {
        if (decision == Decision.Granted) return RequestState.Granted;
        if (decision == Decision.DeniedByOwner || decision == Decision.Withdrawn) return RequestState.Denied;
        if (decision == Decision.Expired) return RequestState.Expired;
        return RequestState.Refused;
    }
}
