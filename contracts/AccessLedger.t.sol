// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessLedger} from "./AccessLedger.sol";
import {AccessAttempt} from "./interfaces/IAccessLedger.sol";
import {IPredecessor} from "./interfaces/IPredecessor.sol";
import {Decision} from "./types/Access.sol";
import {HospitalId, MemberId, RecordId, RequestId} from "./types/Ids.sol";

HospitalId constant HOSPITAL = HospitalId.wrap(bytes32("hospital"));
MemberId constant REQUESTER = MemberId.wrap(bytes32("requester"));

/// @title AccessLedgerTest
/// @notice Properties of the ledger over sequences of attempts.
contract AccessLedgerTest {
    AccessLedger private _ledger;

    /// @notice A ledger that this test may write.
    function setUp() public {
        _ledger = new AccessLedger(IPredecessor(address(0)));
    }

    /// @notice Whatever the limits and the order of attempts over two records, no grant exceeds a limit, the counts are the
    /// number of grants, and every attempt is logged and moves the head.
    function testFuzzGrantsNeverExceedALimit(uint256 order, uint8 hospitalLimit, uint8 recordLimit) public {
        uint32 limit = hospitalLimit % 12;
        uint32 perRecord = recordLimit % 6;
        uint32[2] memory granted;
        for (uint256 i = 0; i < 16; ++i) {
            uint256 which = (order >> i) & 1;
            bytes32 head = _ledger.head();
            if (_attempt(which, limit, perRecord, Decision.Granted) == Decision.Granted) ++granted[which];
            assert(_ledger.head() != head);
        }
        assert(granted[0] <= perRecord && granted[1] <= perRecord);
        assert(granted[0] + granted[1] <= limit);
        assert(_ledger.accessCountOf(HOSPITAL, REQUESTER) == granted[0] + granted[1]);
        assert(_ledger.recordAccessCountOf(_record(0), REQUESTER) == granted[0]);
        assert(_ledger.recordAccessCountOf(_record(1), REQUESTER) == granted[1]);
        assert(_ledger.length() == 16);
    }

    /// @notice A decision other than `Granted` stands as it is given, and counts nothing.
    function testFuzzOtherDecisionsStand(uint8 given, uint32 hospitalLimit, uint32 recordLimit) public {
        Decision decision = Decision(given % (uint8(type(Decision).max) + 1));
        if (decision == Decision.Granted) return;
        assert(_attempt(0, hospitalLimit, recordLimit, decision) == decision);
        assert(_ledger.accessCountOf(HOSPITAL, REQUESTER) == 0);
        assert(_ledger.recordAccessCountOf(_record(0), REQUESTER) == 0);
        assert(_ledger.length() == 1);
    }

    function _attempt(
        uint256 which,
        uint32 hospitalLimit,
        uint32 recordLimit,
        Decision decision
    ) private returns (Decision) {
        return
            _ledger.recordAccess(
                AccessAttempt({
                    requestId: RequestId.wrap(bytes32(uint256(_ledger.length()) + 1)),
                    recordId: _record(which),
                    requester: REQUESTER,
                    hospitalId: HOSPITAL,
                    hospitalLimit: hospitalLimit,
                    recordLimit: recordLimit,
                    decision: decision
                })
            );
    }

    function _record(uint256 which) private pure returns (RecordId) {
        return RecordId.wrap(bytes32(which + 1));
    }
}
