// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {AggregateKeys} from "./AggregateKeys.sol";
import {IAggregateKeys} from "./interfaces/IAggregateKeys.sol";
import {IRelayerSet, Tenure} from "./interfaces/IRelayerSet.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Attestation, Attestations} from "./types/Access.sol";

/// @title RelayerSet
/// @notice Which relayers there are, how many of them must attest, and which HPKE key seals to them.
contract RelayerSet is AccessManaged, AggregateKeys, IRelayerSet {
    /// @notice No threshold is higher without aggregates: so many attestations fit into the gas of one item of a batch (`Batches.ITEM_GAS`), also
    /// of a re-encryption that comes too late and ends in a refusal, which a long ledger logs.
    uint256 public constant MAX_THRESHOLD = 24;

    /// @notice For how long after its end an epoch's attestations still count, for what is under way.
    uint64 public constant EPOCH_GRACE = 1 hours;

    /// @notice For how long an attestation may hold: a request's longest life, and a day.
    uint64 public constant MAX_ATTESTATION_LIFETIME = 31 days;

    /// @dev A member of now, in one slot, as it is read for every signature.
    struct Membership {
        uint64 from;
        uint192 index;
    }

    struct EndedEpoch {
        uint64 endedAt;
        uint192 threshold;
        /// As `_memberBits` was.
        uint256 memberBits;
    }

    /// @inheritdoc IRelayerSet
    uint256 public threshold;

    /// @inheritdoc IRelayerSet
    uint256 public minThreshold = 1;

    /// @inheritdoc IRelayerSet
    bytes32 public sealingKey;

    /// @inheritdoc IRelayerSet
    uint256 public tenureCount;

    /// @inheritdoc IRelayerSet
    uint64 public epoch;

    /// @dev How many relayers there are now.
    uint64 private _memberCount;

    /// @dev Bit i: who has the tenure of index i is a relayer now. An index above 255 has no bit.
    uint256 private _memberBits;

    mapping(address relayer => Membership membership) private _memberships;
    mapping(uint256 index => Tenure tenure) private _tenures;
    mapping(uint64 epoch => EndedEpoch ended) private _ended;

    constructor(address manager) AccessManaged(manager) {}

    /// @inheritdoc IRelayerSet
    function addRelayer(address relayer) external restricted {
        // The set's own address stands for aggregates among attestations.
        if (relayer == address(0) || relayer == address(this)) revert RelayerSetInvalidRelayer(relayer);
        if (_memberships[relayer].index != 0) return;
        uint64 newEpoch = _nextEpoch();
        uint256 index = ++tenureCount;
        ++_memberCount;
        _memberBits |= 1 << index;
        _memberships[relayer] = Membership({from: newEpoch, index: uint192(index)});
        _tenures[index].relayer = relayer;
        _tenures[index].from = uint48(newEpoch);
        emit RelayerAdded(relayer, index, newEpoch);
    }

    /// @inheritdoc IRelayerSet
    function removeRelayer(address relayer) external restricted {
        uint256 index = _memberships[relayer].index;
        if (index == 0) return;
        if (_memberCount <= threshold) revert RelayerSetInvalidThreshold(threshold, _memberCount - 1);
        emit RelayerRemoved(relayer, index, _endTenure(relayer, index));
        _requireReachable();
    }

    /// @inheritdoc IRelayerSet
    function suspendRelayer(address relayer, bytes32 evidence) external restricted {
        uint256 index = _memberships[relayer].index;
        if (index == 0) return;
        emit RelayerSuspended(relayer, index, _endTenure(relayer, index), evidence);
    }

    /// @inheritdoc IRelayerSet
    function setThreshold(uint256 newThreshold) external restricted {
        if (newThreshold < minThreshold || newThreshold > _memberCount) {
            revert RelayerSetInvalidThreshold(newThreshold, _memberCount);
        }
        if (threshold == newThreshold) return;
        uint64 newEpoch = _nextEpoch();
        threshold = newThreshold;
        _requireReachable();
        emit ThresholdSet(newThreshold, newEpoch);
    }

    /// @inheritdoc IRelayerSet
    function setMinThreshold(uint256 newMinThreshold) external restricted {
        if (newMinThreshold == 0 || newMinThreshold > threshold) {
            revert RelayerSetInvalidMinThreshold(newMinThreshold, threshold);
        }
        if (minThreshold == newMinThreshold) return;
        minThreshold = newMinThreshold;
        emit MinThresholdSet(newMinThreshold);
    }

    /// @inheritdoc IRelayerSet
    function rotateSealingKey(bytes32 newSealingKey) external restricted {
        if (newSealingKey == bytes32(0)) revert RelayerSetInvalidSealingKey();
        if (sealingKey == newSealingKey) return;
        sealingKey = newSealingKey;
        emit SealingKeyRotated(newSealingKey);
    }

    /// @inheritdoc IRelayerSet
    function setSealingKey(bytes32 digest) external {
        uint256 index = _memberships[msg.sender].index;
        if (index == 0) revert RelayerSetUnknownRelayer(msg.sender);
        if (digest == bytes32(0)) revert RelayerSetInvalidSealingKey();
        if (_tenures[index].sealingKeyDigest == digest) return;
        _tenures[index].sealingKeyDigest = digest;
        emit RelayerSealingKeySet(msg.sender, index, digest);
    }

    /// @inheritdoc IRelayerSet
    function disputePartial(bytes32 requestId, bytes32 evidence) external {
        uint256 index = _memberships[msg.sender].index;
        if (index == 0) revert RelayerSetUnknownRelayer(msg.sender);
        emit PartialDisputed(msg.sender, index, requestId, evidence);
    }

    /// @inheritdoc IAggregateKeys
    function setAggregates(bool on) external restricted {
        _setAggregates(on);
        _requireReachable();
    }

    /// @inheritdoc IAggregateKeys
    function setBlsKey(bytes calldata key, bytes calldata proof) external {
        uint256 index = _memberships[msg.sender].index;
        if (index == 0) revert RelayerSetUnknownRelayer(msg.sender);
        _setKey(msg.sender, index, key, proof);
    }

    /// @inheritdoc IRelayerSet
    function isRelayer(address account) external view returns (bool) {
        return _memberships[account].index != 0;
    }

    /// @inheritdoc IRelayerSet
    function relayers() external view returns (address[] memory) {
        return membersAt(epoch);
    }

    /// @inheritdoc IRelayerSet
    function tenure(uint256 index) external view returns (Tenure memory) {
        return _tenures[index];
    }

    /// @inheritdoc IRelayerSet
    function indexOf(address relayer) external view returns (uint256) {
        return _memberships[relayer].index;
    }

    /// @inheritdoc IRelayerSet
    function epochAt(uint64 atEpoch) external view returns (uint256 itsThreshold, uint64 endedAt) {
        if (atEpoch == epoch) return (threshold, 0);
        return (_ended[atEpoch].threshold, _ended[atEpoch].endedAt);
    }

    /// @inheritdoc IRelayerSet
    function requireAttested(bytes32 digest, Attestations calldata attestations) external view {
        uint256 needed = _needed(attestations);
        (uint256 count, ) = _requireSigned(digest, attestations, 0);
        _requireThreshold(count, needed);
    }

    /// @inheritdoc IRelayerSet
    function requireAttestedBy(
        address caller,
        bytes32 digest,
        Attestations calldata attestations
    ) external view returns (uint256 signers) {
        uint256 signed = attestations.by.length;
        uint256 index = _requireMember(caller, attestations.epoch);
        uint256 needed = signed == 0 ? _thresholdSince(attestations.epoch) : _needed(attestations);
        for (uint256 i = 0; i < signed; ++i) {
            if (attestations.by[i].relayer == caller) revert RelayerSetDuplicateAttestation(caller);
        }
        uint256 others = 0;
        (others, signers) = _requireSigned(digest, attestations, 1 << index);
        _requireThreshold(others + 1, needed);
    }

    /// @inheritdoc IRelayerSet
    function membersAt(uint64 atEpoch) public view returns (address[] memory members) {
        uint256 count = 0;
        for (uint256 i = 1; i <= tenureCount; ++i) if (_isIn(_tenures[i], atEpoch)) ++count;
        members = new address[](count);
        for (uint256 i = tenureCount; i > 0; --i)
            if (_isIn(_tenures[i], atEpoch)) members[--count] = _tenures[i].relayer;
    }

    /// @dev Takes a member out, and begins the epoch in which it is none.
    function _endTenure(address relayer, uint256 index) private returns (uint64 newEpoch) {
        newEpoch = _nextEpoch();
        --_memberCount;
        delete _memberships[relayer];
        _tenures[index].until = uint48(newEpoch);
        _memberBits &= ~(1 << index);
        _dropKey(index);
    }

    /// @dev Ends the epoch, with the threshold that it has now, and begins the next.
    function _nextEpoch() private returns (uint64) {
        _ended[epoch] = EndedEpoch({
            endedAt: uint64(block.timestamp),
            threshold: uint192(threshold),
            memberBits: _memberBits
        });
        return ++epoch;
    }

    function _isIn(Tenure storage t, uint64 atEpoch) private view returns (bool) {
        return t.from <= atEpoch && (t.until == 0 || atEpoch < t.until);
    }

    /// @dev How many must have signed these, which hold still.
    function _needed(Attestations calldata attestations) private view returns (uint256) {
        uint64 expiry = attestations.expiry;
        if (block.timestamp >= expiry || expiry > block.timestamp + MAX_ATTESTATION_LIFETIME) {
            revert RelayerSetWrongExpiry(expiry);
        }
        uint64 signedIn = attestations.epoch;
        // An epoch that has not begun has not ended either, at no time: its grace is over.
        if (signedIn != epoch && block.timestamp >= _ended[signedIn].endedAt + EPOCH_GRACE) {
            revert RelayerSetWrongEpoch(signedIn, epoch);
        }
        return _thresholdSince(signedIn);
    }

    /// @dev Today's threshold, or that of an epoch, whichever is more: so that what too few signed under the one does not become enough under the
    /// other.
    function _thresholdSince(uint64 since) private view returns (uint256 needed) {
        needed = threshold;
        if (since == epoch) return needed;
        if (since > epoch) revert RelayerSetWrongEpoch(since, epoch);
        if (_ended[since].threshold > needed) needed = _ended[since].threshold;
    }

    /// @dev A member both then and now: who was removed since no longer counts, nor does who was added later.
    function _requireMember(address relayer, uint64 since) private view returns (uint256 index) {
        Membership storage membership = _memberships[relayer];
        index = membership.index;
        if (index == 0 || membership.from > since) revert RelayerSetUnknownRelayer(relayer);
    }

    /// @dev The same of those who signed an aggregate, who are members now. In the epoch of now, all members were.
    function _requireMembers(uint256 signers, uint64 since) private view {
        if (since == epoch) return;
        uint256 late = signers & ~_ended[since].memberBits;
        if (late != 0) revert AggregateKeysUnknownSigners(late);
    }

    /// @dev As many as must attest fit into an item of a batch: each by its own signature, or all in an aggregate.
    function _requireReachable() private view {
        uint256 needed = threshold;
        if (needed <= MAX_THRESHOLD) return;
        if (needed > _mostAggregated()) revert RelayerSetInvalidThreshold(needed, _memberCount);
    }

    /// @dev A threshold that was never set is zero, and lets nothing pass.
    function _requireThreshold(uint256 given, uint256 needed) private pure {
        if (needed == 0 || given < needed) revert RelayerSetTooFewAttestations(given, needed);
    }

    /// @dev How many signed, all of them different, and none of those whose bits are counted already; and the bits of all.
    function _requireSigned(
        bytes32 digest,
        Attestations calldata attestations,
        uint256 counted
    ) private view returns (uint256 count, uint256 signers) {
        address previous = address(0);
        uint256 aggregated = 0;
        for (uint256 i = 0; i < attestations.by.length; ++i) {
            Attestation calldata attestation = attestations.by[i];
            address relayer = attestation.relayer;
            // Ascending order makes every relayer count once.
            if (relayer <= previous) revert RelayerSetUnorderedAttestation(relayer);
            previous = relayer;
            if (relayer == address(this)) {
                uint256 number = 0;
                (aggregated, number) = _requireAggregate(digest, attestation.signature);
                _requireMembers(aggregated, attestations.epoch);
                count += number;
                continue;
            }
            // An index above 255 has no bit, nor has its relayer a key.
            counted |= 1 << _requireMember(relayer, attestations.epoch);
            if (!Signatures.isValid(relayer, digest, attestation.signature)) {
                revert RelayerSetInvalidAttestation(relayer);
            }
            ++count;
        }
        if (aggregated & counted != 0) revert AggregateKeysDuplicateSigners(aggregated & counted);
        signers = aggregated | counted;
    }
}
