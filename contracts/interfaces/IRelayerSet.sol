// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Attestations} from "../types/Access.sol";

/// @dev A relayer's time in the set. It never changes once it has ended, and its index is never used again.
struct Tenure {
    address relayer;
    /// The first epoch in which it is a member.
    uint48 from;
    /// The first in which it no longer is; zero while it is one.
    uint48 until;
    /// Digest of the key to which is sealed for this relayer alone; zero until it sets one. The key is fetched by it.
    bytes32 sealingKeyDigest;
}

/// @title IRelayerSet
/// @notice Which relayers there are, how many of them must attest, and which HPKE key seals to them.
/// @dev Every change of members or threshold begins an epoch, and what relayers sign names the epoch. For a grace after its end an epoch's
/// attestations still count, by its own threshold and today's, whichever is more, and for relayers who are members still.
interface IRelayerSet {
    /// @notice This relayer may submit re-encryptions, and its attestations count.
    /// @param index of its tenure, from one, never used again
    event RelayerAdded(address indexed relayer, uint256 indexed index, uint64 epoch);
    /// @notice This relayer may no longer do either.
    event RelayerRemoved(address indexed relayer, uint256 indexed index, uint64 epoch);
    /// @notice This relayer contradicted itself, and may no longer do either: see `IEquivocations`.
    /// @param evidence digest of the two statements that it signed, which the same transaction's `Equivocated` tells
    event RelayerSuspended(address indexed relayer, uint256 indexed index, uint64 epoch, bytes32 evidence);
    /// @notice So many relayers must attest from now on.
    event ThresholdSet(uint256 threshold, uint64 epoch);
    /// @notice No threshold may be lower from now on.
    event MinThresholdSet(uint256 minThreshold);
    /// @notice Owners seal to this key from now on; relayers still open what was sealed to earlier ones.
    event SealingKeyRotated(bytes32 sealingKey);
    /// @notice A relayer has a sealing key of its own from now on, with this digest.
    event RelayerSealingKeySet(address indexed relayer, uint256 indexed index, bytes32 sealingKeyDigest);
    /// @notice A relayer says that the sealed re-encryption key of a request commits to another partial than that which its share makes.
    /// @param evidence digest of the CID of the partial that its share makes, with the proof of it
    event PartialDisputed(address indexed relayer, uint256 indexed index, bytes32 indexed requestId, bytes32 evidence);

    error RelayerSetInvalidRelayer(address relayer);
    error RelayerSetInvalidThreshold(uint256 threshold, uint256 relayers);
    error RelayerSetInvalidMinThreshold(uint256 minThreshold, uint256 threshold);
    error RelayerSetInvalidSealingKey();
    error RelayerSetTooFewAttestations(uint256 given, uint256 threshold);
    error RelayerSetUnknownRelayer(address relayer);
    error RelayerSetUnorderedAttestation(address relayer);
    error RelayerSetInvalidAttestation(address relayer);
    error RelayerSetDuplicateAttestation(address relayer);
    /// @dev The attestations name an epoch that ended longer ago than the grace, or that has not begun.
    error RelayerSetWrongEpoch(uint64 epoch, uint64 current);
    /// @dev The attestations expired at this second, or would hold for longer than any may.
    error RelayerSetWrongExpiry(uint64 expiry);

    /// @notice Adds a relayer. Role: relayer manager.
    function addRelayer(address relayer) external;

    /// @notice Removes a relayer; at least as many as the threshold must remain. Role: relayer manager.
    function removeRelayer(address relayer) external;

    /// @notice Ends the tenure of a relayer that contradicted itself, though fewer may remain than the threshold: then nothing is believed until
    /// the relayer manager has set the set right. Role: equivocations. Whoever is no relayer stays none.
    function suspendRelayer(address relayer, bytes32 evidence) external;

    /// @notice Sets how many relayers must attest: at least `minThreshold`, at most all, and no more than `MAX_THRESHOLD`, which one item of
    /// a batch can carry, or than have keys while aggregates are on. Role: relayer manager.
    function setThreshold(uint256 newThreshold) external;

    /// @notice Sets how low the relayer manager may set the threshold; no higher than it is. Role: administrator.
    function setMinThreshold(uint256 newMinThreshold) external;

    /// @notice Sets the X25519 public key (RFC 9180, DHKEM(X25519, HKDF-SHA256)) to which owners sealed before relayers had keys of their
    /// own. Role: relayer manager.
    function rotateSealingKey(bytes32 newSealingKey) external;

    /// @notice Sets the digest of the caller's own sealing key. By a relayer.
    function setSealingKey(bytes32 digest) external;

    /// @notice Says that a sealed re-encryption key commits to a wrong partial of the caller's. By a relayer. It changes nothing here:
    /// whoever reads the log checks the evidence.
    /// @param requestId of the request on the owner's chain
    /// @param evidence digest of the CID of the partial and its proof
    function disputePartial(bytes32 requestId, bytes32 evidence) external;

    /// @notice Whether the account is a relayer now.
    function isRelayer(address account) external view returns (bool);

    /// @notice All relayers, in the order of their indices.
    function relayers() external view returns (address[] memory);

    /// @notice How many tenures there were: the highest index.
    function tenureCount() external view returns (uint256);

    /// @notice A tenure by its index, from one.
    function tenure(uint256 index) external view returns (Tenure memory);

    /// @notice The index of a relayer's tenure; zero for an account that is no relayer now.
    function indexOf(address relayer) external view returns (uint256);

    /// @notice The relayers of an epoch, in the order of their indices.
    function membersAt(uint64 atEpoch) external view returns (address[] memory);

    /// @notice The threshold of an epoch, and when it ended; zero for the epoch of now.
    function epochAt(uint64 atEpoch) external view returns (uint256 itsThreshold, uint64 endedAt);

    /// @notice The epoch of now. It grows by one with every change of members or threshold.
    function epoch() external view returns (uint64);

    /// @notice How many relayers must attest; zero, before it is set, means that nothing passes.
    function threshold() external view returns (uint256);

    /// @notice How low the relayer manager may set the threshold.
    function minThreshold() external view returns (uint256);

    /// @notice The X25519 public key to which owners sealed before relayers had keys of their own; zero before it is set.
    function sealingKey() external view returns (bytes32);

    /// @notice Reverts unless `threshold` different relayers signed `digest`, which must hold the epoch and expiry of the attestations.
    /// @param attestations in ascending order of relayer address; one of them may be an aggregate, see `IAggregateKeys`
    function requireAttested(bytes32 digest, Attestations calldata attestations) external view;

    /// @notice Reverts unless `caller` is a relayer that, with those who signed `digest`, makes `threshold` different relayers. Who
    /// submits something states it, so that nobody need sign what he sends. Where he is alone, nothing expires; he is a member since the
    /// attestations' epoch, however long ago that ended.
    /// @param attestations in ascending order of relayer address, without one of `caller`
    /// @return signers bit i: the tenure of index i is of one of them, or of the caller; an index above 255 has no bit
    function requireAttestedBy(
        address caller,
        bytes32 digest,
        Attestations calldata attestations
    ) external view returns (uint256 signers);
}
