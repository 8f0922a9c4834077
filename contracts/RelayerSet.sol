// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IRelayerSet} from "./interfaces/IRelayerSet.sol";
import {Attestation} from "./types/Access.sol";

/// @title RelayerSet
/// @notice Which relayers there are, how many of them must attest, and which HPKE key seals to them.
contract RelayerSet is AccessManaged, IRelayerSet {
    using EnumerableSet for EnumerableSet.AddressSet;

    EnumerableSet.AddressSet private _relayers;

    /// @inheritdoc IRelayerSet
    uint256 public threshold;

    /// @inheritdoc IRelayerSet
    bytes32 public sealingKey;

    constructor(address manager) AccessManaged(manager) {}

    /// @inheritdoc IRelayerSet
    function addRelayer(address relayer) external restricted {
        if (relayer == address(0)) revert RelayerSetInvalidRelayer(relayer);
        if (_relayers.add(relayer)) emit RelayerAdded(relayer);
    }

    /// @inheritdoc IRelayerSet
    function removeRelayer(address relayer) external restricted {
        if (!_relayers.remove(relayer)) return;
        if (_relayers.length() < threshold) revert RelayerSetInvalidThreshold(threshold, _relayers.length());
        emit RelayerRemoved(relayer);
    }

    /// @inheritdoc IRelayerSet
    function setThreshold(uint256 newThreshold) external restricted {
        if (newThreshold == 0 || newThreshold > _relayers.length()) {
            revert RelayerSetInvalidThreshold(newThreshold, _relayers.length());
        }
        if (threshold == newThreshold) return;
        threshold = newThreshold;
        emit ThresholdSet(newThreshold);
    }

    /// @inheritdoc IRelayerSet
    function rotateSealingKey(bytes32 newSealingKey) external restricted {
        if (newSealingKey == bytes32(0)) revert RelayerSetInvalidSealingKey();
        if (sealingKey == newSealingKey) return;
        sealingKey = newSealingKey;
        emit SealingKeyRotated(newSealingKey);
    }

    /// @inheritdoc IRelayerSet
    function isRelayer(address account) external view returns (bool) {
        return _relayers.contains(account);
    }

    /// @inheritdoc IRelayerSet
    function relayers() external view returns (address[] memory) {
        return _relayers.values();
    }

    /// @inheritdoc IRelayerSet
    function requireAttested(bytes32 digest, Attestation[] calldata attestations) external view {
        _requireThreshold(attestations.length);
        _requireSigned(digest, attestations);
    }

    /// @inheritdoc IRelayerSet
    function requireAttestedBy(address caller, bytes32 digest, Attestation[] calldata attestations) external view {
        if (!_relayers.contains(caller)) revert RelayerSetUnknownRelayer(caller);
        _requireThreshold(attestations.length + 1);
        for (uint256 i = 0; i < attestations.length; ++i) {
            if (attestations[i].relayer == caller) revert RelayerSetDuplicateAttestation(caller);
        }
        _requireSigned(digest, attestations);
    }

    /// @dev A threshold that was never set is zero, and lets nothing pass.
    function _requireThreshold(uint256 given) private view {
        uint256 needed = threshold;
        if (needed == 0 || given < needed) revert RelayerSetTooFewAttestations(given, needed);
    }

    function _requireSigned(bytes32 digest, Attestation[] calldata attestations) private view {
        address previous = address(0);
        for (uint256 i = 0; i < attestations.length; ++i) {
            address relayer = attestations[i].relayer;
            // Ascending order makes every relayer count once.
            if (relayer <= previous) revert RelayerSetUnorderedAttestation(relayer);
            if (!_relayers.contains(relayer)) revert RelayerSetUnknownRelayer(relayer);
            if (!SignatureChecker.isValidSignatureNowCalldata(relayer, digest, attestations[i].signature)) {
                revert RelayerSetInvalidAttestation(relayer);
            }
            previous = relayer;
        }
    }
}
