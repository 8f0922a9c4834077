// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LanePolicy} from "../types/Proof.sol";
import {IQbftClient} from "./IQbftClient.sol";

/// @title IProvenLanes
/// @notice Of each other chain, what makes its messages believed here, and the light client that tells what its validators sealed.
interface IProvenLanes {
    /// @notice Messages of `chainId` are believed by another policy from now on.
    event LanePolicySet(uint64 indexed chainId, LanePolicy policy, LanePolicy previous);
    /// @notice What validators of `chainId` sealed is asked of `client` from now on.
    event ClientSet(uint64 indexed chainId, IQbftClient client, IQbftClient previous);

    /// @dev The lane takes only what was proven, and this came without.
    error ProvenLanesUnproven(uint64 chainId, address carrier);
    /// @dev The lane has no light client, so nothing can be proven, or what is named is the client of another chain.
    error ProvenLanesWrongClient(uint64 chainId, IQbftClient client);
    /// @dev The light client was shown that validators contradicted themselves: nothing is proven by it.
    error ProvenLanesFrozen(uint64 chainId, IQbftClient client);

    /// @notice Sets what makes messages of `chainId` believed. Role: lane manager. Only a lane with a client can have a policy with proofs.
    function setPolicy(uint64 chainId, LanePolicy policy) external;

    /// @notice Sets the light client of `chainId`; zero for none. Role: lane manager. What was proven by another counts no more.
    /// @dev Without a client, a lane whose policy asks for proofs takes nothing.
    function setClient(uint64 chainId, IQbftClient client) external;

    /// @notice What makes messages of `chainId` believed.
    function policyOf(uint64 chainId) external view returns (LanePolicy);

    /// @notice The light client of `chainId`, or zero.
    function clientOf(uint64 chainId) external view returns (IQbftClient);

    /// @notice Whether what `carrier` brings from `chainId` must be attested. Reverts where it must be proven and is not.
    /// @dev Asked by those that take messages. Only this contract carries what is proven, once it has checked the proof.
    function needsAttestation(uint64 chainId, address carrier) external view returns (bool);
}
