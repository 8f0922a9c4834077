// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessLedger} from "../AccessLedger.sol";
import {AccessAttempt} from "../interfaces/IAccessLedger.sol";
import {IPredecessor} from "../interfaces/IPredecessor.sol";
import {Decision} from "../types/Access.sol";
import {HospitalId, MemberId, RecordId} from "../types/Ids.sol";
import {PROVER} from "./IProver.t.sol";

/// @title AccessLedgerProof
/// @notice What one attempt does to the counts of a ledger that may hold anything before it, by symbolic execution
/// (`npm run prove:contracts`).
contract AccessLedgerProof {
    AccessLedger private _ledger;

    /// @notice A ledger that this contract may write, with any history.
    function setUp() public {
        _ledger = new AccessLedger(IPredecessor(address(0)));
        PROVER.enableSymbolicStorage(address(_ledger));
    }

    /// @notice A grant raises both counts by one and leaves neither above its limit; any other decision changes none. A decision
    /// that is given otherwise than as a grant stands, and none is turned into a grant.
    function checkCountsFollowTheDecision(AccessAttempt calldata attempt) external {
        if (!_isShort()) return;
        uint256 hospitalCount = _ledger.accessCountOf(attempt.hospitalId, attempt.requester);
        uint256 recordCount = _ledger.recordAccessCountOf(attempt.recordId, attempt.requester);
        Decision decision;
        try _ledger.recordAccess(attempt) returns (Decision decided) {
            decision = decided;
        } catch {
            assert(false);
        }
        uint256 raised = decision == Decision.Granted ? 1 : 0;
        uint256 hospitalCountAfter = _ledger.accessCountOf(attempt.hospitalId, attempt.requester);
        uint256 recordCountAfter = _ledger.recordAccessCountOf(attempt.recordId, attempt.requester);
        assert(hospitalCountAfter == hospitalCount + raised);
        assert(recordCountAfter == recordCount + raised);
        if (decision == Decision.Granted) {
            assert(attempt.decision == Decision.Granted);
            assert(hospitalCountAfter <= attempt.hospitalLimit);
            assert(recordCountAfter <= attempt.recordLimit);
        } else if (attempt.decision != Decision.Granted) {
            assert(decision == attempt.decision);
        }
    }

    /// @notice An attempt leaves the counts of every other requester, hospital and record alone.
    function checkOtherCountsStay(
        AccessAttempt calldata attempt,
        HospitalId hospitalId,
        RecordId recordId,
        MemberId requester
    ) external {
        if (!_isShort()) return;
        bool isRequester = MemberId.unwrap(requester) == MemberId.unwrap(attempt.requester);
        bool isHospital = HospitalId.unwrap(hospitalId) == HospitalId.unwrap(attempt.hospitalId);
        bool isRecord = RecordId.unwrap(recordId) == RecordId.unwrap(attempt.recordId);
        uint32 hospitalCount = _ledger.accessCountOf(hospitalId, requester);
        uint32 recordCount = _ledger.recordAccessCountOf(recordId, requester);
        _ledger.recordAccess(attempt);
        if (!isRequester || !isHospital) assert(_ledger.accessCountOf(hospitalId, requester) == hospitalCount);
        if (!isRequester || !isRecord) assert(_ledger.recordAccessCountOf(recordId, requester) == recordCount);
    }

    /// @dev The counts do not depend on how long the ledger is, which the prover would otherwise follow through every length.
    function _isShort() private view returns (bool) {
        return _ledger.length() < 2;
    }
}
