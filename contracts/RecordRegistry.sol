// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Batches} from "./Batches.sol";
import {IHospitalRegistry} from "./interfaces/IHospitalRegistry.sol";
import {IRecordRegistry} from "./interfaces/IRecordRegistry.sol";
import {Messages} from "./libraries/Messages.sol";
import {MemberId, RecordId} from "./types/Ids.sol";
import {Record, RecordAnchor, RecordStatus} from "./types/Record.sol";

/// @title RecordRegistry
/// @notice What was anchored: a commitment to capsule and fragments, the owner, and the limit on access to each record.
contract RecordRegistry is Batches, EIP712, IRecordRegistry {
    /// @notice Says which account acts for an owner.
    IHospitalRegistry public immutable HOSPITALS;

    mapping(RecordId recordId => Record record) private _records;

    constructor(IHospitalRegistry hospitals) EIP712(Messages.RECORD_REGISTRY, Messages.VERSION) {
        HOSPITALS = hospitals;
    }

    /// @inheritdoc IRecordRegistry
    function anchor(RecordAnchor calldata anchor_) external returns (RecordId recordId) {
        if (_requireLocalOwner(anchor_.owner) != msg.sender) {
            revert RecordRegistryUnauthorizedOwner(anchor_.owner, msg.sender);
        }
        return _anchor(anchor_);
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
    function anchorFor(RecordAnchor calldata anchor_, bytes calldata signature) external returns (RecordId recordId) {
        _requireSignature(anchor_.owner, Messages.hash(anchor_), signature);
        return _anchor(anchor_);
    }

    /// @inheritdoc IRecordRegistry
    function setMaxAccessCount(RecordId recordId, uint32 maxAccessCount) external {
        _setMaxAccessCount(recordId, _requireOwn(recordId, msg.sender), maxAccessCount);
    }

    /// @inheritdoc IRecordRegistry
    function setMaxAccessCountFor(
        RecordId recordId,
        uint32 maxAccessCount,
        uint64 expiry,
        bytes calldata signature
    ) external {
        Record storage r = _requireLive(recordId, expiry);
        bytes32 structHash = keccak256(
            abi.encode(Messages.ACCESS_LIMIT_TYPEHASH, recordId, maxAccessCount, r.nonce, expiry)
        );
        _requireSignature(r.owner, structHash, signature);
        _setMaxAccessCount(recordId, r, maxAccessCount);
    }

    /// @inheritdoc IRecordRegistry
    function revoke(RecordId recordId) external {
        _revoke(recordId, _requireOwn(recordId, msg.sender));
    }

    /// @inheritdoc IRecordRegistry
    function revokeFor(RecordId recordId, uint64 expiry, bytes calldata signature) external {
        Record storage r = _requireLive(recordId, expiry);
        _requireSignature(
            r.owner,
            keccak256(abi.encode(Messages.REVOCATION_TYPEHASH, recordId, r.nonce, expiry)),
            signature
        );
        _revoke(recordId, r);
    }

    /// @inheritdoc IRecordRegistry
    function record(RecordId recordId) external view returns (Record memory) {
        return _records[recordId];
    }

    /// @inheritdoc IRecordRegistry
    function records(RecordId[] calldata recordIds) external view returns (Record[] memory page) {
        page = new Record[](recordIds.length);
        for (uint256 i = 0; i < recordIds.length; ++i) page[i] = _records[recordIds[i]];
    }

    /// @inheritdoc IRecordRegistry
    function standingOf(RecordId recordId) external view returns (RecordStatus status, bytes32 contents) {
        Record storage r = _records[recordId];
        return (r.status, r.contents);
    }

    /// @inheritdoc IRecordRegistry
    function recordIdOf(MemberId owner, bytes32 salt) external pure returns (RecordId) {
        return _recordIdOf(owner, salt);
    }

    function _anchor(RecordAnchor calldata anchor_) private returns (RecordId recordId) {
        recordId = _recordIdOf(anchor_.owner, anchor_.salt);
        if (_records[recordId].status != RecordStatus.None) revert RecordRegistryAlreadyAnchored(recordId);
        if (anchor_.capsule == 0 || anchor_.publicFragment == 0 || anchor_.privateFragment == 0) {
            revert RecordRegistryMissingDigest(recordId);
        }
        _records[recordId] = Record({
            owner: anchor_.owner,
            contents: keccak256(abi.encode(anchor_.capsule, anchor_.publicFragment, anchor_.privateFragment)),
            anchoredAt: uint64(block.number),
            nonce: 0,
            maxAccessCount: anchor_.maxAccessCount,
            status: RecordStatus.Active
        });
        emit RecordAnchored(
            recordId,
            anchor_.owner,
            anchor_.capsule,
            anchor_.publicFragment,
            anchor_.privateFragment,
            anchor_.maxAccessCount
        );
    }

    function _setMaxAccessCount(RecordId recordId, Record storage r, uint32 maxAccessCount) private {
        if (r.maxAccessCount == maxAccessCount) return;
        r.maxAccessCount = maxAccessCount;
        ++r.nonce;
        emit RecordLimitSet(recordId, maxAccessCount);
    }

    function _revoke(RecordId recordId, Record storage r) private {
        if (r.status == RecordStatus.Revoked) return;
        r.status = RecordStatus.Revoked;
        ++r.nonce;
        emit RecordRevoked(recordId);
    }

    /// @dev The account that may act for an owner whose home is this chain; never zero.
    function _requireLocalOwner(MemberId owner) private view returns (address account) {
        uint64 homeChainId;
        (account, , homeChainId) = HOSPITALS.activeMember(owner);
        if (account == address(0)) revert RecordRegistryUnauthorizedOwner(owner, msg.sender);
        if (homeChainId != block.chainid) revert RecordRegistryForeignOwner(owner, homeChainId);
    }

    function _requireSignature(MemberId owner, bytes32 structHash, bytes calldata signature) private view {
        address account = _requireLocalOwner(owner);
        if (!SignatureChecker.isValidSignatureNowCalldata(account, _hashTypedDataV4(structHash), signature)) {
            revert RecordRegistryInvalidSignature(owner);
        }
    }

    function _requireKnown(RecordId recordId) private view returns (Record storage r) {
        r = _records[recordId];
        if (r.status == RecordStatus.None) revert RecordRegistryUnknownRecord(recordId);
    }

    function _requireOwn(RecordId recordId, address caller) private view returns (Record storage r) {
        r = _requireKnown(recordId);
        if (_requireLocalOwner(r.owner) != caller) revert RecordRegistryUnauthorizedOwner(r.owner, caller);
    }

    /// @dev The record that a signed change is about, if the signature is not past its time.
    function _requireLive(RecordId recordId, uint64 expiry) private view returns (Record storage r) {
        r = _requireKnown(recordId);
        if (block.timestamp >= expiry) revert RecordRegistryExpiredSignature(recordId, expiry);
    }

    function _recordIdOf(MemberId owner, bytes32 salt) private pure returns (RecordId) {
        return RecordId.wrap(keccak256(abi.encode(owner, salt)));
    }
}
