// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Batches} from "./Batches.sol";
import {IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {IAccessRequests} from "./interfaces/IAccessRequests.sol";
import {ILanes} from "./interfaces/ILanes.sol";
import {ILedgerCheckpoints} from "./interfaces/ILedgerCheckpoints.sol";
import {IMailbox} from "./interfaces/IMailbox.sol";
import {MerkleRange} from "./libraries/MerkleRange.sol";
import {Messages} from "./libraries/Messages.sol";
import {ProvenSlots} from "./libraries/ProvenSlots.sol";
import {StorageProofs} from "./libraries/StorageProofs.sol";
import {MessageOutbox} from "./MessageOutbox.sol";
import {ProvenLanes} from "./ProvenLanes.sol";
import {Attestations, SignedAuthorization} from "./types/Access.sol";
import {Checkpoint, Extension} from "./types/Checkpoint.sol";
import {RequestId} from "./types/Ids.sol";
import {LanePolicy, LedgerProof, MessageProof, PeakProof, ProvenRequest, ProvenResponse} from "./types/Proof.sol";

/// @title Mailbox
/// @notice Sends what this chain's contracts say to other chains, and delivers to them what other chains are proven to have said, and what
/// many owners signed.
/// @dev `MessageOutbox` is the first base, as its storage is proven to other chains.
contract Mailbox is MessageOutbox, ProvenLanes, Batches, IMailbox {
    /// @notice A range has no more leaves than 2^64.
    uint256 public constant MAX_PATH = 64;

    /// @dev Peaks that were proven, by the block of the proof. A range is a sender's in one peer, as one client knows it.
    mapping(bytes32 range => mapping(bytes32 peak => uint64 blockNumber)) private _proven;

    constructor(address manager) AccessManaged(manager) {}

    /// @inheritdoc IMailbox
    function provePeaks(
        uint64 chainId,
        uint64 blockNumber,
        bytes[] calldata account,
        PeakProof[] calldata peaks
    ) external {
        address peer = _requirePeer(chainId);
        (bytes32 stateRoot, ) = _requireUnfrozen(chainId).stateAt(blockNumber);
        bytes32 root = StorageProofs.storageRoot(stateRoot, peer, account);
        for (uint256 i = 0; i < peaks.length; ++i) {
            PeakProof calldata p = peaks[i];
            bytes32 peak = StorageProofs.valueAt(root, ProvenSlots.peakOf(p.sender, p.height), p.proof);
            bytes32 range = _rangeOf(chainId, p.sender);
            if (_proven[range][peak] != 0) continue;
            _proven[range][peak] = blockNumber;
            emit PeakProven(chainId, p.sender, peak, blockNumber);
        }
    }

    /// @inheritdoc IMailbox
    function deliverRequestProven(IAccessGrants grants, uint64 chainId, ProvenRequest calldata item) external {
        address sender = _peerOf(address(grants), chainId);
        RequestId requestId = Messages.requestIdOf(chainId, sender, item.request);
        _requireSent(chainId, sender, RequestId.unwrap(requestId), item.proof);
        grants.deliverRequest(chainId, item.request, item.signature);
    }

    /// @inheritdoc IMailbox
    function deliverRequestsProven(IAccessGrants grants, uint64 chainId, ProvenRequest[] calldata items) external {
        address sender = _peerOf(address(grants), chainId);
        for (uint256 i = 0; i < items.length; ++i) {
            bytes memory call = abi.encodeCall(this.deliverRequestProven, (grants, chainId, items[i]));
            (bool success, bytes memory reason) = _attempt(i, call);
            if (!success) _report(i, Messages.requestIdOf(chainId, sender, items[i].request), reason);
        }
    }

    /// @inheritdoc IMailbox
    function deliverResponseProven(IAccessRequests requests, uint64 chainId, ProvenResponse calldata item) external {
        _requireAnswered(requests, chainId, item);
        requests.deliverResponse(chainId, item.response, item.attestations);
    }

    /// @inheritdoc IMailbox
    function deliverResponsesProven(
        IAccessRequests requests,
        uint64 chainId,
        ProvenResponse[] calldata items
    ) external {
        for (uint256 i = 0; i < items.length; ++i) {
            bytes memory call = abi.encodeCall(this.deliverResponseProven, (requests, chainId, items[i]));
            (bool success, bytes memory reason) = _attempt(i, call);
            if (!success) _report(i, items[i].response.requestId, reason);
        }
    }

    /// @inheritdoc IMailbox
    function correctResponseProven(IAccessRequests requests, uint64 chainId, ProvenResponse calldata item) external {
        _requireAnswered(requests, chainId, item);
        requests.correctResponse(chainId, item.response, item.attestations);
    }

    /// @inheritdoc IMailbox
    function submitCheckpointProven(
        ILedgerCheckpoints checkpoints,
        Checkpoint calldata checkpoint,
        Extension calldata extension,
        Attestations calldata attestations,
        LedgerProof calldata proof
    ) external returns (uint64 number) {
        uint64 chainId = checkpoint.chainId;
        _requireRunning(chainId);
        _requireNeeded(chainId, attestations);
        (bytes32 stateRoot, uint64 timestamp) = _requireUnfrozen(chainId).stateAt(checkpoint.blockNumber);
        bytes32 storageRoot = StorageProofs.storageRoot(stateRoot, checkpoint.ledger, proof.account);
        if (timestamp != checkpoint.blockTime || !_isLedger(storageRoot, checkpoint, proof)) {
            revert MailboxWrongCheckpoint(chainId, checkpoint.blockNumber);
        }
        return checkpoints.submitCheckpoint(checkpoint, extension, attestations);
    }

    /// @inheritdoc IMailbox
    /// @dev Where there is no contract at `grants`, Solidity's own check reverts the batch.
    function authorizeBatch(IAccessGrants grants, SignedAuthorization[] calldata items) external {
        for (uint256 i = 0; i < items.length; ++i) {
            SignedAuthorization calldata item = items[i];
            _requireItemGas(i);
            try
                grants.authorizeFor{gas: ITEM_GAS}(
                    item.requestId,
                    item.sealedRekey,
                    item.privateFragment,
                    item.epoch,
                    item.signature
                )
            {
                continue;
            } catch (bytes memory reason) {
                _report(i, item.requestId, reason);
            }
        }
    }

    /// @inheritdoc IMailbox
    function provenAt(uint64 chainId, address sender, bytes32 peak) external view returns (uint64) {
        return _proven[_rangeOf(chainId, sender)][peak];
    }

    /// @dev That a response is one that the peer of `requests` gave, and carries no attestations that nobody would check.
    function _requireAnswered(IAccessRequests requests, uint64 chainId, ProvenResponse calldata item) private view {
        _requireNeeded(chainId, item.attestations);
        bytes32 message = keccak256(abi.encode(item.response));
        _requireSent(chainId, _peerOf(address(requests), chainId), message, item.proof);
    }

    /// @dev That a message is below a peak of its sender's which was proven, and the lane open.
    function _requireSent(uint64 chainId, address sender, bytes32 message, MessageProof calldata proof) private view {
        _requirePeer(chainId);
        _requireUnfrozen(chainId);
        if (proof.path.length > MAX_PATH) revert MailboxUnprovenMessage(chainId, sender, message);
        bytes32 leaf = MerkleRange.hashLeaf(abi.encode(message));
        bytes32 peak = MerkleRange.perfectRoot(proof.index, leaf, proof.path);
        if (_proven[_rangeOf(chainId, sender)][peak] == 0) revert MailboxUnprovenMessage(chainId, sender, message);
    }

    /// @dev Whether a ledger's storage is what a checkpoint says.
    function _isLedger(
        bytes32 storageRoot,
        Checkpoint calldata checkpoint,
        LedgerProof calldata proof
    ) private pure returns (bool) {
        bytes32 head = StorageProofs.valueAt(storageRoot, ProvenSlots.ledgerHead(), proof.head);
        bytes32 length = StorageProofs.valueAt(storageRoot, ProvenSlots.ledgerLength(), proof.length);
        if (head != checkpoint.head || uint64(uint256(length)) != checkpoint.entryCount) return false;
        bytes32[] memory peaks = new bytes32[](proof.peaks.length);
        uint256 count = 0;
        for (uint256 height = 64; height > 0; --height) {
            if ((checkpoint.entryCount >> (height - 1)) & 1 == 0) continue;
            if (count == peaks.length) return false;
            bytes32 slot = ProvenSlots.ledgerPeak(height - 1);
            peaks[count] = StorageProofs.valueAt(storageRoot, slot, proof.peaks[count]);
            ++count;
        }
        return count == peaks.length && MerkleRange.bag(peaks) == checkpoint.root;
    }

    function _requireNeeded(uint64 chainId, Attestations calldata attestations) private view {
        if (policyOf(chainId) != LanePolicy.Proven) return;
        if (attestations.epoch != 0 || attestations.expiry != 0 || attestations.by.length != 0) {
            revert MailboxNeedlessAttestations(chainId);
        }
    }

    function _rangeOf(uint64 chainId, address sender) private view returns (bytes32) {
        return keccak256(abi.encode(_requireClient(chainId), peerOf(chainId), sender));
    }

    /// @dev Whom a contract of this chain believes on another.
    function _peerOf(address recipient, uint64 chainId) private view returns (address) {
        return ILanes(recipient).peerOf(chainId);
    }
}
