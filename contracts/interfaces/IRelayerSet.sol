// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Attestation} from "../types/Access.sol";

/// @title IRelayerSet
/// @notice Which relayers there are, how many of them must attest, and which HPKE key seals to them.
interface IRelayerSet {
    /// @notice This relayer may submit re-encryptions, and its attestations count.
    event RelayerAdded(address indexed relayer);
    /// @notice This relayer may no longer do either.
    event RelayerRemoved(address indexed relayer);
    /// @notice So many relayers must attest from now on.
    event ThresholdSet(uint256 threshold);
    /// @notice Owners seal to this key from now on; relayers still open what was sealed to earlier ones.
    event SealingKeyRotated(bytes32 sealingKey);

    error RelayerSetInvalidRelayer(address relayer);
    error RelayerSetInvalidThreshold(uint256 threshold, uint256 relayers);
    error RelayerSetInvalidSealingKey();
    error RelayerSetTooFewAttestations(uint256 given, uint256 threshold);
    error RelayerSetUnknownRelayer(address relayer);
    error RelayerSetUnorderedAttestation(address relayer);
    error RelayerSetInvalidAttestation(address relayer);
    error RelayerSetDuplicateAttestation(address relayer);

    /// @notice Adds a relayer. Role: relayer manager.
    function addRelayer(address relayer) external;

    /// @notice Removes a relayer; at least as many as the threshold must remain. Role: relayer manager.
    function removeRelayer(address relayer) external;

    /// @notice Sets how many relayers must attest, between one and all. Role: relayer manager.
    function setThreshold(uint256 newThreshold) external;

    /// @notice Sets the X25519 public key (RFC 9180, DHKEM(X25519, HKDF-SHA256)) to which owners seal. Role: relayer manager.
    function rotateSealingKey(bytes32 newSealingKey) external;

    /// @notice Whether the account is a relayer now.
    function isRelayer(address account) external view returns (bool);

    /// @notice All relayers, in no particular order.
    function relayers() external view returns (address[] memory);

    /// @notice How many relayers must attest; zero, before it is set, means that nothing passes.
    function threshold() external view returns (uint256);

    /// @notice The X25519 public key to which owners seal; zero before it is set.
    function sealingKey() external view returns (bytes32);

    /// @notice Reverts unless `threshold` different relayers signed `digest`.
    /// @param attestations in ascending order of relayer address
    function requireAttested(bytes32 digest, Attestation[] calldata attestations) external view;

    /// @notice Reverts unless `caller` is a relayer that, with those who signed `digest`, makes `threshold` different relayers. Who
    /// submits something states it, so that nobody need sign what he sends.
    /// @param attestations in ascending order of relayer address, without one of `caller`
    function requireAttestedBy(address caller, bytes32 digest, Attestation[] calldata attestations) external view;
}
