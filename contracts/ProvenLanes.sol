// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IProvenLanes} from "./interfaces/IProvenLanes.sol";
import {IQbftClient} from "./interfaces/IQbftClient.sol";
import {Lanes} from "./Lanes.sol";
import {LanePolicy} from "./types/Proof.sol";

/// @title ProvenLanes
/// @notice Of each other chain, what makes its messages believed here, and the light client that tells what its validators sealed.
abstract contract ProvenLanes is Lanes, IProvenLanes {
    /// @dev One slot.
    struct Proofs {
        IQbftClient client;
        LanePolicy policy;
    }

    mapping(uint64 chainId => Proofs proofs) private _proofs;

    /// @inheritdoc IProvenLanes
    function setPolicy(uint64 chainId, LanePolicy policy) external restricted {
        LanePolicy previous = _proofs[chainId].policy;
        if (previous == policy) return;
        if (policy != LanePolicy.Attested) _requireClient(chainId);
        _proofs[chainId].policy = policy;
        emit LanePolicySet(chainId, policy, previous);
    }

    /// @inheritdoc IProvenLanes
    function setClient(uint64 chainId, IQbftClient client) external restricted {
        IQbftClient previous = _proofs[chainId].client;
        if (previous == client) return;
        if (address(client) != address(0) && client.CHAIN_ID() != chainId) {
            revert ProvenLanesWrongClient(chainId, client);
        }
        _proofs[chainId].client = client;
        emit ClientSet(chainId, client, previous);
    }

    /// @inheritdoc IProvenLanes
    function clientOf(uint64 chainId) external view returns (IQbftClient) {
        return _proofs[chainId].client;
    }

    /// @inheritdoc IProvenLanes
    function needsAttestation(uint64 chainId, address carrier) external view returns (bool) {
        LanePolicy policy = policyOf(chainId);
        if (policy != LanePolicy.Attested && carrier != address(this)) revert ProvenLanesUnproven(chainId, carrier);
        return policy != LanePolicy.Proven;
    }

    /// @inheritdoc IProvenLanes
    function policyOf(uint64 chainId) public view returns (LanePolicy) {
        return _proofs[chainId].policy;
    }

    /// @dev The client of a lane; reverts where there is none.
    function _requireClient(uint64 chainId) internal view returns (IQbftClient client) {
        client = _proofs[chainId].client;
        if (address(client) == address(0)) revert ProvenLanesWrongClient(chainId, client);
    }

    /// @dev The same of one that is believed.
    function _requireUnfrozen(uint64 chainId) internal view returns (IQbftClient client) {
        client = _requireClient(chainId);
        if (client.isFrozen()) revert ProvenLanesFrozen(chainId, client);
    }
}
