// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessAttempt, IAccessLedger, LogEntry} from "./interfaces/IAccessLedger.sol";
import {IPredecessor} from "./interfaces/IPredecessor.sol";
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

    /// @notice The `AccessGrants` of the suite from which this one goes on, or zero.
    IPredecessor public immutable PREDECESSOR;

    /// @dev Its ledger, or zero.
    IAccessLedger private immutable _EARLIER;

    /// @dev Each with the predecessor's, from the first grant here on; zero before.
    mapping(HospitalId hospitalId => mapping(MemberId requester => uint32)) private _hospitalCounts;
    mapping(RecordId recordId => mapping(MemberId requester => uint32)) private _recordCounts;

    /// @inheritdoc IAccessLedger
    bytes32 public head;

    /// @inheritdoc IAccessLedger
    uint64 public length;

    /// @dev Whether the predecessor's end is this ledger's beginning, or there is none.
    bool private _isContinued;

    /// @dev Of the Merkle range of all entries.
    mapping(uint256 height => bytes32 peak) private _peaks;

    constructor(IPredecessor predecessor) {
        PREDECESSOR = predecessor;
        if (address(predecessor) != address(0)) _EARLIER = predecessor.LEDGER();
        else _isContinued = true;
    }

    /// @inheritdoc IAccessLedger
    function takeOver() external {
        if (_isContinued) return;
        // Reverts before the end.
        PREDECESSOR.end();
        // The predecessor may have ended without an entry of its own, and still lack those before it.
        _EARLIER.takeOver();
        _isContinued = true;
        length = _EARLIER.length();
        head = _EARLIER.head();
        bytes32[] memory earlierPeaks = _EARLIER.peaks();
        MerkleRange.resume(_peaks, length, earlierPeaks);
        emit Continued(address(_EARLIER), length, head, earlierPeaks);
    }

    /// @inheritdoc IAccessLedger
    function recordAccess(AccessAttempt calldata attempt) external returns (Decision decision) {
        if (msg.sender != WRITER) revert AccessLedgerUnauthorizedWriter(msg.sender);
        if (!_isContinued) revert AccessLedgerNotContinued(address(_EARLIER));
        uint32 hospitalCount = accessCountOf(attempt.hospitalId, attempt.requester);
        uint32 recordCount = recordAccessCountOf(attempt.recordId, attempt.requester);
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
    function root() external view returns (bytes32) {
        return MerkleRange.root(_peaks, length);
    }

    /// @inheritdoc IAccessLedger
    function peaks() external view returns (bytes32[] memory) {
        return MerkleRange.peaksOf(_peaks, length);
    }

    /// @inheritdoc IAccessLedger
    function accessCountOf(HospitalId hospitalId, MemberId requester) public view returns (uint32 count) {
        count = _hospitalCounts[hospitalId][requester];
        if (count == 0 && address(_EARLIER) != address(0)) count = _EARLIER.accessCountOf(hospitalId, requester);
    }

    /// @inheritdoc IAccessLedger
    function recordAccessCountOf(RecordId recordId, MemberId requester) public view returns (uint32 count) {
        count = _recordCounts[recordId][requester];
        if (count == 0 && address(_EARLIER) != address(0)) count = _EARLIER.recordAccessCountOf(recordId, requester);
    }

    function _append(LogEntry memory entry) private {
        uint64 index = length++;
        MerkleRange.append(_peaks, index, MerkleRange.hashLeaf(abi.encode(entry)));
        bytes32 newHead = keccak256(abi.encode(head, index, entry));
        head = newHead;
        emit AccessLogged(index, entry.requestId, entry.requester, entry, newHead);
    }
}
