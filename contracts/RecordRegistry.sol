// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IHospitalRegistry} from "./interfaces/IHospitalRegistry.sol";
import {IRecordRegistry} from "./interfaces/IRecordRegistry.sol";
import {Messages} from "./libraries/Messages.sol";
import {MemberId, RecordId} from "./types/Ids.sol";
import {Record, RecordAnchor, RecordStatus} from "./types/Record.sol";

/// @title RecordRegistry
/// @notice What was anchored: digests of capsules and fragments, their owners, and the limit on access to each record.
contract RecordRegistry is EIP712, IRecordRegistry {
    /// @notice Says which account acts for an owner.
    IHospitalRegistry public immutable HOSPITALS;

    mapping(RecordId recordId => Record record) private _records;

    constructor(IHospitalRegistry hospitals) EIP712(Messages.RECORD_REGISTRY, Messages.VERSION) {
        HOSPITALS = hospitals;
    }

    /// @inheritdoc IRecordRegistry
    function anchor(RecordAnchor calldata anchor_) external returns (RecordId recordId) {
        return _anchorAs(msg.sender, anchor_);
    }

    /// @inheritdoc IRecordRegistry
    function anchorBatch(RecordAnchor[] calldata anchors) external returns (RecordId[] memory recordIds) {
        recordIds = new RecordId[](anchors.length);
        for (uint256 i = 0; i < anchors.length; ++i) {
            recordIds[i] = _anchorAs(msg.sender, anchors[i]);
        }
    }

    /// @inheritdoc IRecordRegistry
    function anchorFor(RecordAnchor calldata anchor_, bytes calldata signature) external returns (RecordId recordId) {
        address account = _requireLocalOwner(anchor_.owner);
        bytes32 digest = _hashTypedDataV4(Messages.hash(anchor_));
        if (!SignatureChecker.isValidSignatureNowCalldata(account, digest, signature)) {
            revert RecordRegistryInvalidSignature(anchor_.owner);
        }
        return _anchor(anchor_);
    }

    /// @inheritdoc IRecordRegistry
    function setMaxAccessCount(RecordId recordId, uint32 maxAccessCount) external {
        Record storage r = _requireOwn(recordId, msg.sender);
        if (r.maxAccessCount == maxAccessCount) return;
        r.maxAccessCount = maxAccessCount;
        emit RecordLimitSet(recordId, maxAccessCount);
    }

    /// @inheritdoc IRecordRegistry
    function revoke(RecordId recordId) external {
        Record storage r = _requireOwn(recordId, msg.sender);
        if (r.status == RecordStatus.Revoked) return;
        r.status = RecordStatus.Revoked;
        emit RecordRevoked(recordId);
    }

    /// @inheritdoc IRecordRegistry
    function record(RecordId recordId) external view returns (Record memory) {
        return _records[recordId];
    }

    /// @inheritdoc IRecordRegistry
    function recordIdOf(MemberId owner, bytes32 salt) external pure returns (RecordId) {
        return _recordIdOf(owner, salt);
    }

    function _anchorAs(address caller, RecordAnchor calldata anchor_) private returns (RecordId) {
        if (_requireLocalOwner(anchor_.owner) != caller) revert RecordRegistryUnauthorizedOwner(anchor_.owner, caller);
        return _anchor(anchor_);
    }

    function _anchor(RecordAnchor calldata anchor_) private returns (RecordId recordId) {
        recordId = _recordIdOf(anchor_.owner, anchor_.salt);
        if (_records[recordId].status != RecordStatus.None) revert RecordRegistryAlreadyAnchored(recordId);
        if (anchor_.capsule == 0 || anchor_.publicFragment == 0 || anchor_.privateFragment == 0) {
            revert RecordRegistryMissingDigest(recordId);
        }
        _records[recordId] = Record({
            owner: anchor_.owner,
            capsule: anchor_.capsule,
            publicFragment: anchor_.publicFragment,
            privateFragment: anchor_.privateFragment,
            anchoredAt: uint64(block.timestamp),
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

    /// @dev The account that may act for an owner whose home is this chain; never zero.
    function _requireLocalOwner(MemberId owner) private view returns (address account) {
        uint64 homeChainId;
        (account, , homeChainId) = HOSPITALS.activeMember(owner);
        if (account == address(0)) revert RecordRegistryUnauthorizedOwner(owner, msg.sender);
        if (homeChainId != block.chainid) revert RecordRegistryForeignOwner(owner, homeChainId);
    }

    function _requireOwn(RecordId recordId, address caller) private view returns (Record storage r) {
        r = _records[recordId];
        if (r.status == RecordStatus.None) revert RecordRegistryUnknownRecord(recordId);
        if (_requireLocalOwner(r.owner) != caller) revert RecordRegistryUnauthorizedOwner(r.owner, caller);
    }

    function _recordIdOf(MemberId owner, bytes32 salt) private pure returns (RecordId) {
        return RecordId.wrap(keccak256(abi.encode(owner, salt)));
    }
}
