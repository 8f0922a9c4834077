// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessAttempt, IAccessLedger, LogEntry} from "./interfaces/IAccessLedger.sol";
import {AccessPolicy} from "./libraries/AccessPolicy.sol";
import {MerkleRange} from "./libraries/MerkleRange.sol";
import {Decision} from "./types/Access.sol";
import {HospitalId, MemberId, RecordId} from "./types/Ids.sol";

/// @title AccessLedger
/// @notice Algorithm₁ and List₁ of MedExChain: how often each requester was granted access, and an append-only log of every decision,
/// hash-chained, and a Merkle range beside.
/// @dev Written by the contract that created it, and by nobody else ever: no role opens it.
contract AccessLedger is IAccessLedger {
    /// @notice The `AccessGrants` that created this ledger, and alone writes it.
    address public immutable WRITER = msg.sender;

    mapping(HospitalId hospitalId => mapping(MemberId requester => uint32)) private _hospitalCounts;
    mapping(RecordId recordId => mapping(MemberId requester => uint32)) private _recordCounts;

    /// @inheritdoc IAccessLedger
    bytes32 public head;

    /// @inheritdoc IAccessLedger
    uint64 public length;

    /// @dev Of the Merkle range of all entries.
    mapping(uint256 height => bytes32 peak) private _peaks;

    /// @inheritdoc IAccessLedger
    function recordAccess(AccessAttempt calldata attempt) external returns (Decision decision) {
        if (msg.sender != WRITER) revert AccessLedgerUnauthorizedWriter(msg.sender);
        uint32 hospitalCount = _hospitalCounts[attempt.hospitalId][attempt.requester];
        uint32 recordCount = _recordCounts[attempt.recordId][attempt.requester];
        decision = attempt.decision;
        if (decision == Decision.Granted) {
            decision = AccessPolicy.decide(hospitalCount, attempt.hospitalLimit, recordCount, attempt.recordLimit);
        }
        if (decision == Decision.Granted) {
            _hospitalCounts[attempt.hospitalId][attempt.requester] = ++hospitalCount;
            _recordCounts[attempt.recordId][attempt.requester] = ++recordCount;
        }
        _append(
            LogEntry({
                requestId: attempt.requestId,
                recordId: attempt.recordId,
                requester: attempt.requester,
                hospitalId: attempt.hospitalId,
                decision: decision,
                hospitalCount: hospitalCount,
                hospitalLimit: attempt.hospitalLimit,
                recordCount: recordCount,
                recordLimit: attempt.recordLimit,
                timestamp: uint64(block.timestamp)
            })
        );
    }

    /// @inheritdoc IAccessLedger
    function accessCountOf(HospitalId hospitalId, MemberId requester) external view returns (uint32) {
        return _hospitalCounts[hospitalId][requester];
    }

    /// @inheritdoc IAccessLedger
    function recordAccessCountOf(RecordId recordId, MemberId requester) external view returns (uint32) {
        return _recordCounts[recordId][requester];
    }

    /// @inheritdoc IAccessLedger
    function root() external view returns (bytes32) {
        return MerkleRange.root(_peaks, length);
    }

    /// @inheritdoc IAccessLedger
    function peaks() external view returns (bytes32[] memory) {
        return MerkleRange.peaksOf(_peaks, length);
    }

    function _append(LogEntry memory entry) private {
        uint64 index = length++;
        MerkleRange.append(_peaks, index, MerkleRange.hashLeaf(abi.encode(entry)));
        bytes32 newHead = keccak256(abi.encode(head, index, entry));
        head = newHead;
        emit AccessLogged(index, entry.requestId, entry.requester, entry, newHead);
    }
}
