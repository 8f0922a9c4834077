// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {HospitalRegistry} from "../HospitalRegistry.sol";
import {HospitalId} from "../types/Ids.sol";
import {SuiteObserver} from "./SuiteObserver.t.sol";
import {HOSPITAL_A, HOSPITAL_B} from "./SuiteWorld.t.sol";

/// @title StandingActs
/// @notice What changes who may do what: limits, records, certificates, and suspensions of members and of both hospitals.
abstract contract StandingActs is SuiteObserver {
    /// @notice The operator sets the hospital's limit.
    function limitHospital(uint32 limit) external observed {
        _onA();
        limit = limit % 5;
        bytes memory call = abi.encodeCall(_a.hospitals.setMaxAccessCount, (HOSPITAL_A, limit));
        if (!_tryAs(_OPERATOR_A_KEY, address(_a.hospitals), call)) return;
        _claim(!_isSealed, "a sealed suite took a limit");
        _hospitalLimit = limit;
    }

    /// @notice The owner sets a record's limit, or anchors the one that is not yet anchored, or now and then revokes one.
    function changeRecord(uint256 record, uint32 limit) external observed {
        record = record % _RECORD_COUNT;
        if (!_kept[record].isAnchored) {
            if (!_anchor(record)) return;
            _claim(!_isSealed, "a sealed suite took a record");
            _kept[record] = Kept({isAnchored: true, isRevoked: false, limit: 2});
            return;
        }
        _onA();
        if (limit % 4 == 3) {
            bytes memory revocation = abi.encodeCall(_a.records.revoke, (_records[record]));
            if (_tryAs(_OWNER_KEY, address(_a.records), revocation)) _kept[record].isRevoked = true;
            return;
        }
        limit = (limit >> 2) % 4;
        bytes memory call = abi.encodeCall(_a.records.setMaxAccessCount, (_records[record], limit));
        if (_tryAs(_OWNER_KEY, address(_a.records), call)) _kept[record].limit = limit;
    }

    /// @notice An operator suspends a member, or reinstates it.
    function suspendMember(uint256 who, bool onA, uint256 dice) external observed {
        who = who % _MEMBERS;
        bool suspended = dice % 3 == 0;
        if (onA || who == _OWNER) {
            _onA();
            if (_setMember(_a.hospitals, who, suspended)) _standing.suspendedOnA[who] = suspended;
        } else {
            _onB();
            if (_setMember(_b.hospitals, who, suspended)) _standing.suspendedOnB[who] = suspended;
        }
    }

    /// @notice A registrar suspends a hospital, or reinstates it.
    function suspendHospital(uint256 which, uint256 dice) external observed {
        bool suspended = dice % 4 == 0;
        which = which % 3;
        if (which == 2) {
            _onB();
            _setHospital(_b.hospitals, HOSPITAL_B, suspended);
            _standing.hospitalBOnB = suspended;
            return;
        }
        _onA();
        _setHospital(_a.hospitals, which == 0 ? HOSPITAL_A : HOSPITAL_B, suspended);
        if (which == 0) _standing.hospitalA = suspended;
        else _standing.hospitalBOnA = suspended;
    }

    /// @notice An operator revokes a member's certificates on A, or certifies it anew.
    function revokeCertificates(uint256 who, uint256 dice) external observed {
        who = who % _MEMBERS;
        if (dice % 4 != 0) {
            if (_certify(who)) _standing.voidOnA[who] = false;
            return;
        }
        _onA();
        (HospitalId hospitalId, uint256 key) = who == _OWNER
            ? (HOSPITAL_A, _OPERATOR_A_KEY)
            : (HOSPITAL_B, _OPERATOR_B_KEY);
        bytes memory call = abi.encodeCall(
            _a.hospitals.revokeCertificates,
            (hospitalId, _pseudonymOf(who), _serials[who])
        );
        if (_tryAs(key, address(_a.hospitals), call)) _standing.voidOnA[who] = true;
    }

    function _setMember(HospitalRegistry registry, uint256 who, bool suspended) private returns (bool) {
        bytes memory call =
            suspended
                ? abi.encodeCall(registry.suspendMember, (_members[who]))
                : abi.encodeCall(registry.reinstateMember, (_members[who]));
        return _tryAs(who == _OWNER ? _OPERATOR_A_KEY : _OPERATOR_B_KEY, address(registry), call);
    }

    function _setHospital(HospitalRegistry registry, HospitalId hospitalId, bool suspended) private {
        if (suspended) registry.suspendHospital(hospitalId);
        else registry.reinstateHospital(hospitalId);
    }
}
