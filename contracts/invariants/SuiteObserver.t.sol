// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CHEATS, ICheats} from "../ICheats.t.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IAccessLedger, LogEntry} from "../interfaces/IAccessLedger.sol";
import {IAccessRequests} from "../interfaces/IAccessRequests.sol";
import {Decision} from "../types/Access.sol";
import {HospitalId, MemberId, RecordId} from "../types/Ids.sol";
import {NaiveTree} from "./NaiveTree.t.sol";
import {SuiteRequests} from "./SuiteRequests.t.sol";
import {HOSPITAL_A} from "./SuiteWorld.t.sol";

/// @title SuiteObserver
/// @notice What an observer makes of the events: the ledger, folded and hashed anew, and the numbers of events.
abstract contract SuiteObserver is SuiteRequests {
    /// @dev The fold of the entries that were emitted.
    bytes32 private _foldedHead;

    /// @dev The last number that `AccessGrants` emitted.
    uint64 private _grantsSequence;

    /// @dev The last number that `AccessRequests` emitted.
    uint64 private _requestsSequence;

    /// @dev How many deliveries were emitted.
    uint64 private _deliveries;

    /// @dev How often the events granted, by doctor, and by record and doctor.
    mapping(uint256 doctor => uint32 grants) private _grantedTo;
    mapping(uint256 record => mapping(uint256 doctor => uint32 grants)) private _grantedOf;

    /// @dev The hashes of the entries that were emitted.
    bytes32[] private _leaves;

    /// @dev After every act, the events since the last are read and all requests looked at.
    modifier observed() {
        _;
        _observe();
    }

    /// @notice Whether the counts that the ledger has are those that the events granted.
    function countsAgree() external view returns (bool) {
        for (uint256 d = 0; d < _DOCTORS; ++d) {
            if (_a.ledger.accessCountOf(HOSPITAL_A, _members[d]) != _grantedTo[d]) return false;
            for (uint256 r = 0; r < _RECORD_COUNT; ++r) {
                if (_a.ledger.recordAccessCountOf(_records[r], _members[d]) != _grantedOf[r][d]) return false;
            }
        }
        return true;
    }

    /// @notice Whether head, length and root of the ledger are those of the entries that were emitted.
    function ledgerAgrees() external view returns (bool) {
        if (_a.ledger.head() != _foldedHead || _a.ledger.length() != _leaves.length) return false;
        return _a.ledger.root() == NaiveTree.root(_leaves);
    }

    /// @notice Whether the numbers that the contracts have are the last that were emitted.
    function numbersAgree() external view returns (bool) {
        if (_a.grants.sequence() != _grantsSequence || _b.requests.sequence() != _requestsSequence) return false;
        return _a.grants.requestCount() == _deliveries;
    }

    /// @dev Another suite on A numbers anew; its ledger goes on.
    function _numberAnew() internal {
        (_grantsSequence, _deliveries) = (0, 0);
    }

    function _observe() internal {
        ICheats.Log[] memory logs = CHEATS.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics.length < 2) continue;
            bytes32 topic = logs[i].topics[0];
            uint64 number = uint64(uint256(logs[i].topics[1]));
            if (topic == IAccessLedger.AccessLogged.selector) _readEntry(number, logs[i].data);
            else _readNumber(topic, number);
        }
        _claim(_pausesAgree(), "a pause was counted wrongly");
        _lookAtRequests();
    }

    function _readNumber(bytes32 topic, uint64 number) private {
        if (topic == IAccessGrants.ReEncryptionRequested.selector || topic == IAccessGrants.ResponseReady.selector) {
            _claim(number == ++_grantsSequence, "a sequence number of AccessGrants was skipped");
        } else if (topic == IAccessRequests.AccessRequested.selector) {
            _claim(number == ++_requestsSequence, "a sequence number of AccessRequests was skipped");
        } else if (topic == IAccessGrants.RequestDelivered.selector) {
            _claim(number == _deliveries++, "an index of a delivery was skipped");
        }
    }

    function _readEntry(uint64 index, bytes memory data) private {
        (LogEntry memory entry, bytes32 head) = abi.decode(data, (LogEntry, bytes32));
        _claim(index == _leaves.length, "an entry of the ledger was skipped");
        _foldedHead = keccak256(abi.encode(_foldedHead, index, entry));
        _leaves.push(NaiveTree.hashLeaf(abi.encode(entry)));
        _claim(head == _foldedHead, "an entry does not fold to its head");
        _claim(entry.timestamp == _timeA, "an entry is of another time");
        if (entry.decision == Decision.Granted) _readGrant(entry);
    }

    function _readGrant(LogEntry memory entry) private {
        uint256 doctor = MemberId.unwrap(entry.requester) == MemberId.unwrap(_members[0]) ? 0 : 1;
        uint256 record = 0;
        while (RecordId.unwrap(entry.recordId) != RecordId.unwrap(_records[record])) ++record;
        bool isOurs = HospitalId.unwrap(entry.hospitalId) == HospitalId.unwrap(HOSPITAL_A);
        _claim(isOurs, "another hospital's count");
        _claim(entry.hospitalLimit == _hospitalLimit, "another hospital limit held");
        _claim(entry.recordLimit == _kept[record].limit, "another limit held");
        _claim(++_grantedTo[doctor] <= _hospitalLimit, "granted over the hospital's limit");
        _claim(++_grantedOf[record][doctor] <= _kept[record].limit, "granted over the record's limit");
        _claim(entry.hospitalCount == _grantedTo[doctor], "another hospital count");
        _claim(entry.recordCount == _grantedOf[record][doctor], "another count");
    }
}
