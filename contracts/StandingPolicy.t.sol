// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {Decision} from "./types/Access.sol";
import {MemberId, RequestId} from "./types/Ids.sol";

/// @title StandingPolicy
/// @notice A policy that approves for an owner whatever the requesters whom the owner trusts ask, until a time.
contract StandingPolicy {
    /// @notice Where it approves.
    IAccessGrants public immutable GRANTS;

    mapping(MemberId owner => mapping(MemberId requester => uint64 until)) private _trusted;

    /// @dev The owner does not trust the requester now.
    error StandingPolicyUntrusted(MemberId requester);
    /// @dev Only the owner says whom it trusts.
    error StandingPolicyUnauthorized(address caller);

    constructor(IAccessGrants grants) {
        GRANTS = grants;
    }

    /// @notice Trusts a requester until a time, in Unix seconds. By the owner's account.
    function trust(MemberId owner, MemberId requester, uint64 until) external {
        (address account, , ) = GRANTS.HOSPITALS().activeMember(owner);
        if (account == address(0) || account != msg.sender) revert StandingPolicyUnauthorized(msg.sender);
        _trusted[owner][requester] = until;
    }

    /// @notice Approves a request by whom its owner trusts. By anyone, as who carries it decides nothing.
    function approve(
        RequestId requestId,
        bytes32 sealedRekey,
        bytes32 privateFragment,
        uint64 epoch
    ) external returns (Decision) {
        MemberId requester = GRANTS.grant(requestId).requester;
        MemberId owner = GRANTS.RECORDS().record(GRANTS.grant(requestId).recordId).owner;
        if (block.timestamp >= _trusted[owner][requester]) revert StandingPolicyUntrusted(requester);
        return GRANTS.authorizeByPolicy(requestId, sealedRekey, privateFragment, epoch);
    }
}
