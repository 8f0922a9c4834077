// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Batches} from "./Batches.sol";
import {IHospitalRegistry} from "./interfaces/IHospitalRegistry.sol";
import {IPredecessor} from "./interfaces/IPredecessor.sol";
import {IRecordRegistry} from "./interfaces/IRecordRegistry.sol";
import {Messages} from "./libraries/Messages.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Succession} from "./libraries/Succession.sol";
import {Decision} from "./types/Access.sol";
import {AccessTerms} from "./types/AccessTerms.sol";
import {MemberId, RecordId} from "./types/Ids.sol";
import {Record, RecordAnchor, RecordStatus} from "./types/Record.sol";

/// @title RecordRegistry
/// @notice What was anchored: a commitment to capsule and fragments, the owner, and the limit on access to each record.
contract RecordRegistry is Batches, EIP712, IRecordRegistry {
    /// @notice Says which account acts for an owner.
    IHospitalRegistry public immutable HOSPITALS;

    /// @dev The registry's of the suite from which this one goes on, as `HOSPITALS` has it, or zero.
    IPredecessor private immutable _PREDECESSOR;
    IRecordRegistry private immutable _EARLIER;

    struct Appointment {
        address policy;
        /// Of the owner, when it named the policy.
        address account;
    }

    mapping(MemberId owner => Appointment appointment) private _appointments;

    mapping(RecordId recordId => Record record) private _records;

    constructor(IHospitalRegistry hospitals) EIP712(Messages.RECORD_REGISTRY, Messages.VERSION) {
        HOSPITALS = hospitals;
        IPredecessor predecessor = hospitals.PREDECESSOR();
        _PREDECESSOR = predecessor;
        if (address(predecessor) != address(0)) _EARLIER = predecessor.RECORDS();
    }

    /// @inheritdoc IRecordRegistry
    function anchor(RecordAnchor calldata anchor_) external returns (RecordId recordId) {
        if (_requireLocalOwner(anchor_.owner) != msg.sender) {
            revert RecordRegistryUnauthorizedOwner(anchor_.owner, msg.sender);
        }
        return _anchor(anchor_, msg.sender, 0, "");
    }

    /// @inheritdoc IRecordRegistry
    function anchorBatch(RecordAnchor[] calldata anchors) external {
        for (uint256 i = 0; i < anchors.length; ++i) {
            (bool success, bytes memory reason) = _attempt(i, abi.encodeCall(this.anchor, (anchors[i])));
            if (success) continue;
            RecordId recordId = _recordIdOf(anchors[i].owner, anchors[i].salt);
            emit BatchItemSkipped(i, RecordId.unwrap(recordId), reason);
        }
    }

    /// @inheritdoc IRecordRegistry
    function anchorFor(
        RecordAnchor calldata anchor_,
        uint64 expiry,
        bytes calldata signature
    ) external returns (RecordId recordId) {
        _requireUnexpired(_recordIdOf(anchor_.owner, anchor_.salt), expiry);
        address account = _requireLocalOwner(anchor_.owner);
        _requireSignature(anchor_.owner, account, Messages.hash(anchor_, expiry), signature);
        return _anchor(anchor_, account, expiry, signature);
    }

    /// @inheritdoc IRecordRegistry
    function setMaxAccessCount(RecordId recordId, uint32 maxAccessCount) external {
        Record storage r = _requireKnown(recordId);
        if (_requireLocalOwner(r.owner) != msg.sender) revert RecordRegistryUnauthorizedOwner(r.owner, msg.sender);
        _setMaxAccessCount(recordId, r, maxAccessCount, msg.sender, 0, "");
    }

    /// @inheritdoc IRecordRegistry
    function setMaxAccessCountFor(
        RecordId recordId,
        uint32 maxAccessCount,
        uint64 expiry,
        bytes calldata signature
    ) external {
        Record storage r = _requireKnown(recordId);
        _requireUnexpired(recordId, expiry);
        address account = _requireLocalOwner(r.owner);
        bytes32 structHash = keccak256(
            abi.encode(Messages.ACCESS_LIMIT_TYPEHASH, recordId, maxAccessCount, r.nonce, expiry)
        );
        _requireSignature(r.owner, account, structHash, signature);
        _setMaxAccessCount(recordId, r, maxAccessCount, account, expiry, signature);
    }

    /// @inheritdoc IRecordRegistry
    function revoke(RecordId recordId) external {
        Record storage r = _requireKnown(recordId);
        if (_requireLastAccount(r.owner) != msg.sender) revert RecordRegistryUnauthorizedOwner(r.owner, msg.sender);
        _revoke(recordId, r, msg.sender, 0, "");
    }

    /// @inheritdoc IRecordRegistry
    function revokeFor(RecordId recordId, uint64 expiry, bytes calldata signature) external {
        Record storage r = _requireKnown(recordId);
        _requireUnexpired(recordId, expiry);
        address account = _requireLastAccount(r.owner);
        bytes32 structHash = keccak256(abi.encode(Messages.REVOCATION_TYPEHASH, recordId, r.nonce, expiry));
        _requireSignature(r.owner, account, structHash, signature);
        _revoke(recordId, r, account, expiry, signature);
    }

    /// @inheritdoc IRecordRegistry
    function setPolicy(MemberId owner, address policy) external {
        address account = policy == address(0) ? _requireLastAccount(owner) : _requireLocalOwner(owner);
        if (account != msg.sender) revert RecordRegistryUnauthorizedOwner(owner, msg.sender);
        Appointment storage a = _appointments[owner];
        if (a.policy == policy && (policy == address(0) || a.account == msg.sender)) return;
        (a.policy, a.account) = (policy, msg.sender);
        emit PolicySet(owner, msg.sender, policy, "");
    }

    /// @inheritdoc IRecordRegistry
    function adoptRecords(RecordAnchor[] calldata anchors) external {
        Succession.requireEnded(_PREDECESSOR);
        for (uint256 i = 0; i < anchors.length; ++i) _adopt(anchors[i]);
    }

    /// @inheritdoc IRecordRegistry
    function policyOf(MemberId owner) external view returns (address) {
        Appointment storage a = _appointments[owner];
        // Whoever stole the key of an earlier account may have named it.
        return a.account == HOSPITALS.lastAccount(owner) ? a.policy : address(0);
    }

    /// @inheritdoc IRecordRegistry
    function record(RecordId recordId) external view returns (Record memory) {
        return _records[recordId];
    }

    /// @inheritdoc IRecordRegistry
    function recordSoFar(RecordId recordId) external view returns (Record memory known) {
        known = _records[recordId];
        if (known.status != RecordStatus.None) return known;
        Succession.requireEnded(_PREDECESSOR);
        return _earlier(recordId);
    }

    /// @inheritdoc IRecordRegistry
    function records(RecordId[] calldata recordIds) external view returns (Record[] memory page) {
        page = new Record[](recordIds.length);
        for (uint256 i = 0; i < recordIds.length; ++i) page[i] = _records[recordIds[i]];
    }

    /// @inheritdoc IRecordRegistry
    function termsOf(RecordId recordId, MemberId requester) external view returns (AccessTerms memory terms) {
        Record storage r = _records[recordId];
        terms.owner = r.owner;
        terms.contents = r.contents;
        terms.recordLimit = r.maxAccessCount;
        address requesterAccount;
        (terms.ownerAccount, terms.hospitalId, terms.hospitalLimit, requesterAccount) = HOSPITALS.partiesOf(
            r.owner,
            requester
        );
        terms.decision = _standing(r.status, terms.ownerAccount, requesterAccount);
    }

    /// @inheritdoc IRecordRegistry
    function recordIdOf(MemberId owner, bytes32 salt) external pure returns (RecordId) {
        return _recordIdOf(owner, salt);
    }

    function _anchor(
        RecordAnchor calldata anchor_,
        address account,
        uint64 expiry,
        bytes memory signature
    ) private returns (RecordId recordId) {
        _requireUnsealed();
        recordId = _recordIdOf(anchor_.owner, anchor_.salt);
        if (_records[recordId].status != RecordStatus.None || _earlier(recordId).status != RecordStatus.None) {
            revert RecordRegistryAlreadyAnchored(recordId);
        }
        if (anchor_.capsule == 0 || anchor_.publicFragment == 0 || anchor_.privateFragment == 0) {
            revert RecordRegistryMissingDigest(recordId);
        }
        _records[recordId] = Record({
            owner: anchor_.owner,
            contents: _contentsOf(anchor_),
            anchoredAt: uint64(block.number),
            nonce: 0,
            maxAccessCount: anchor_.maxAccessCount,
            status: RecordStatus.Active
        });
        emit RecordAnchored(
            recordId,
            anchor_.owner,
            account,
            anchor_.capsule,
            anchor_.publicFragment,
            anchor_.privateFragment,
            anchor_.maxAccessCount,
            anchor_.salt,
            expiry,
            signature
        );
    }

    /// @dev Of what the caller says only what the predecessor's record commits to is taken.
    function _adopt(RecordAnchor calldata anchor_) private {
        RecordId recordId = _recordIdOf(anchor_.owner, anchor_.salt);
        Record memory earlier = _earlier(recordId);
        if (earlier.status == RecordStatus.None) revert RecordRegistryUnknownRecord(recordId);
        Record storage r = _records[recordId];
        if (r.status != RecordStatus.None) {
            if (earlier.status == RecordStatus.Revoked) _revoke(recordId, r, address(_EARLIER), 0, "");
            return;
        }
        if (earlier.contents != _contentsOf(anchor_)) revert RecordRegistryWrongDigests(recordId);
        earlier.anchoredAt = uint64(block.number);
        _records[recordId] = earlier;
        emit RecordAnchored(
            recordId,
            earlier.owner,
            address(_EARLIER),
            anchor_.capsule,
            anchor_.publicFragment,
            anchor_.privateFragment,
            earlier.maxAccessCount,
            anchor_.salt,
            0,
            ""
        );
        emit RecordAdopted(recordId, earlier.nonce, earlier.status);
    }

    function _setMaxAccessCount(
        RecordId recordId,
        Record storage r,
        uint32 maxAccessCount,
        address account,
        uint64 expiry,
        bytes memory signature
    ) private {
        _requireUnsealed();
        if (r.maxAccessCount == maxAccessCount) return;
        r.maxAccessCount = maxAccessCount;
        uint64 nonce = r.nonce++;
        emit RecordLimitSet(recordId, account, maxAccessCount, nonce, expiry, signature);
    }

    function _revoke(
        RecordId recordId,
        Record storage r,
        address account,
        uint64 expiry,
        bytes memory signature
    ) private {
        if (r.status == RecordStatus.Revoked) return;
        r.status = RecordStatus.Revoked;
        uint64 nonce = r.nonce++;
        emit RecordRevoked(recordId, account, nonce, expiry, signature);
    }

    /// @dev Of the predecessors; all zero where there is none, or none knows the record.
    function _earlier(RecordId recordId) private view returns (Record memory r) {
        if (address(_EARLIER) != address(0)) r = _EARLIER.recordSoFar(recordId);
    }

    function _requireUnsealed() private view {
        Succession.requireUnsealed(IAccessManaged(address(HOSPITALS)).authority());
    }

    /// @dev The facts that rule a grant out, the first of them, or `Granted` if there are none.
    function _standing(
        RecordStatus status,
        address ownerAccount,
        address requesterAccount
    ) private pure returns (Decision) {
        if (status == RecordStatus.None) return Decision.RecordUnknown;
        if (status == RecordStatus.Revoked) return Decision.RecordRevoked;
        if (ownerAccount == address(0)) return Decision.OwnerInactive;
        return requesterAccount == address(0) ? Decision.RequesterInactive : Decision.Granted;
    }

    /// @dev The account that may act for an owner whose home is this chain; never zero.
    function _requireLocalOwner(MemberId owner) private view returns (address account) {
        uint64 homeChainId;
        (account, , homeChainId) = HOSPITALS.activeMember(owner);
        if (account == address(0)) revert RecordRegistryUnauthorizedOwner(owner, msg.sender);
        if (homeChainId != block.chainid) revert RecordRegistryForeignOwner(owner, homeChainId);
    }

    /// @dev The account that may take back what an owner gave; never zero. Only owners whose home is this chain have records here.
    function _requireLastAccount(MemberId owner) private view returns (address account) {
        account = HOSPITALS.lastAccount(owner);
        if (account == address(0)) revert RecordRegistryUnauthorizedOwner(owner, msg.sender);
    }

    function _requireSignature(
        MemberId owner,
        address account,
        bytes32 structHash,
        bytes calldata signature
    ) private view {
        if (!Signatures.isValid(account, _hashTypedDataV4(structHash), signature)) {
            revert RecordRegistryInvalidSignature(owner);
        }
    }

    function _requireKnown(RecordId recordId) private view returns (Record storage r) {
        r = _records[recordId];
        if (r.status == RecordStatus.None) revert RecordRegistryUnknownRecord(recordId);
    }

    /// @dev What an owner signs for others to carry expires.
    function _requireUnexpired(RecordId recordId, uint64 expiry) private view {
        if (block.timestamp >= expiry) revert RecordRegistryExpiredSignature(recordId, expiry);
    }

    function _contentsOf(RecordAnchor calldata anchor_) private pure returns (bytes32) {
        return keccak256(abi.encode(anchor_.capsule, anchor_.publicFragment, anchor_.privateFragment));
    }

    function _recordIdOf(MemberId owner, bytes32 salt) private pure returns (RecordId) {
        return RecordId.wrap(keccak256(abi.encode(owner, salt)));
    }
}
