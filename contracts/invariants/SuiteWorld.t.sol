// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessGrants} from "../AccessGrants.sol";
import {AccessRequests} from "../AccessRequests.sol";
import {HospitalRegistry} from "../HospitalRegistry.sol";
import {CHEATS} from "../ICheats.t.sol";
import {IAccessLedger} from "../interfaces/IAccessLedger.sol";
import {IPredecessor} from "../interfaces/IPredecessor.sol";
import {Mailbox} from "../Mailbox.sol";
import {RecordRegistry} from "../RecordRegistry.sol";
import {RelayerSet} from "../RelayerSet.sol";
import {SuiteManager} from "../SuiteManager.sol";
import {Attestation} from "../types/Access.sol";
import {MemberCertificate} from "../types/Identity.sol";
import {HospitalId, MemberId, RecordId} from "../types/Ids.sol";
import {RecordAnchor} from "../types/Record.sol";

HospitalId constant HOSPITAL_A = HospitalId.wrap(bytes32("hospital A"));
HospitalId constant HOSPITAL_B = HospitalId.wrap(bytes32("hospital B"));
uint64 constant CHAIN_A = 1001;
uint64 constant CHAIN_B = 1002;

/// @title SuiteWorld
/// @notice Two suites in one machine that play two chains, each with a clock of its own, and the people there: the owner and its
/// hospital on A, two doctors and theirs on B, and on both chains three honest relayers and one that lies.
/// @dev What is done on a chain is done after `_onA` or `_onB`. The machine's own time and chain are never asked.
abstract contract SuiteWorld {
    /// @dev The owner's side.
    struct SideA {
        SuiteManager manager;
        HospitalRegistry hospitals;
        RecordRegistry records;
        RelayerSet relayers;
        Mailbox mailbox;
        AccessGrants grants;
        IAccessLedger ledger;
    }

    /// @dev The requester's side.
    struct SideB {
        SuiteManager manager;
        HospitalRegistry hospitals;
        RelayerSet relayers;
        Mailbox mailbox;
        AccessRequests requests;
    }

    uint256 internal constant _OPERATOR_A_KEY = 0xA1;
    uint256 internal constant _OPERATOR_B_KEY = 0xA2;
    uint256 internal constant _OWNER_KEY = 0xA3;
    uint256 internal constant _DOCTOR_KEY = 0xB0;
    uint256 internal constant _DOCTORS = 2;
    /// @dev Among the members that A knows, after the doctors.
    uint256 internal constant _OWNER = 2;
    uint256 internal constant _MEMBERS = 3;
    /// @dev The last of which is not anchored at first.
    uint256 internal constant _RECORD_COUNT = 3;
    uint256 internal constant _RELAYERS = 4;
    uint256 internal constant _LIAR = 3;
    uint32 internal constant _REQUESTS_PER_HOUR = 5;
    uint32 internal constant _REQUESTS_PER_DOCTOR = 3;

    /// @notice What an observer found wrong, or empty.
    string public violation;

    SideA internal _a;
    SideB internal _b;

    /// @dev Unix seconds. A's clock is behind B's at first.
    uint64 internal _timeA = 1_800_000_000;
    uint64 internal _timeB = 1_800_000_200;

    /// @dev By their addresses, in ascending order.
    uint256[_RELAYERS] internal _relayerKeys;
    MemberId[_MEMBERS] internal _members;
    uint64[_MEMBERS] internal _serials;
    RecordId[_RECORD_COUNT] internal _records;

    constructor() {
        CHEATS.recordLogs();
        _onB();
        _b.manager = new SuiteManager(address(this));
        _b.hospitals = new HospitalRegistry(address(_b.manager), IPredecessor(address(0)));
        _b.relayers = new RelayerSet(address(_b.manager));
        _b.mailbox = new Mailbox(address(_b.manager));
        _b.requests = new AccessRequests(address(_b.manager), _b.hospitals, _b.relayers, _b.mailbox);

        _sortRelayers();
        _installRelayers(_b.relayers);
        _deployOnA(IPredecessor(address(0)));
        _enrolAll();
        for (uint256 i = 0; i < _RECORD_COUNT; ++i) _records[i] = _a.records.recordIdOf(_members[_OWNER], _saltOf(i));
        for (uint256 i = 0; i + 1 < _RECORD_COUNT; ++i) _anchor(i);
    }

    /// @dev What an observer knows to hold. The first that does not is kept.
    function _claim(bool holds, string memory otherwise) internal {
        if (!holds && bytes(violation).length == 0) violation = otherwise;
    }

    /// @dev A suite on A that goes on from another, or from none, joined with B.
    function _deployOnA(IPredecessor predecessor) internal {
        _onA();
        _a.manager = new SuiteManager(address(this));
        _a.hospitals = new HospitalRegistry(address(_a.manager), predecessor);
        _a.records = new RecordRegistry(_a.hospitals);
        _a.relayers = new RelayerSet(address(_a.manager));
        _a.mailbox = new Mailbox(address(_a.manager));
        _a.grants = new AccessGrants(address(_a.manager), _a.hospitals, _a.records, _a.relayers, _a.mailbox);
        _a.ledger = _a.grants.LEDGER();
        _a.grants.setPeer(CHAIN_B, address(_b.requests));
        _a.hospitals.setPeer(CHAIN_B, address(_b.hospitals));
        _installRelayers(_a.relayers);
        _onB();
        _b.requests.setPeer(CHAIN_A, address(_a.grants));
    }

    function _onA() internal {
        CHEATS.chainId(CHAIN_A);
        CHEATS.warp(_timeA);
    }

    function _onB() internal {
        CHEATS.chainId(CHAIN_B);
        CHEATS.warp(_timeB);
    }

    /// @dev Calls as the account of a key.
    function _tryAs(uint256 key, address target, bytes memory call) internal returns (bool success) {
        CHEATS.prank(CHEATS.addr(key));
        return _try(target, call);
    }

    /// @dev Most random acts are refused, and that is as it should be.
    function _try(address target, bytes memory call) internal returns (bool success) {
        // solhint-disable-next-line avoid-low-level-calls
        (success, ) = target.call(call);
    }

    /// @dev Enrols a member at home, and imports it on A, under its next certificate.
    function _certify(uint256 who) internal returns (bool success) {
        MemberCertificate memory certificate = MemberCertificate({
            hospitalId: who == _OWNER ? HOSPITAL_A : HOSPITAL_B,
            pseudonym: _pseudonymOf(who),
            account: CHEATS.addr(_keyOf(who)),
            keyDigest: "keys",
            serial: ++_serials[who],
            notAfter: type(uint64).max
        });
        if (who == _OWNER) {
            _onA();
            bytes memory signature = _sign(_OPERATOR_A_KEY, _a.hospitals.certificateDigest(certificate));
            return _try(address(_a.hospitals), abi.encodeCall(_a.hospitals.enrolMember, (certificate, signature)));
        }
        _onB();
        bytes memory signature_ = _sign(_OPERATOR_B_KEY, _b.hospitals.certificateDigest(certificate));
        _try(address(_b.hospitals), abi.encodeCall(_b.hospitals.enrolMember, (certificate, signature_)));
        _onA();
        return _try(address(_a.hospitals), abi.encodeCall(_a.hospitals.importMember, (certificate, signature_)));
    }

    function _anchor(uint256 record) internal returns (bool success) {
        _onA();
        return _tryAs(_OWNER_KEY, address(_a.records), abi.encodeCall(_a.records.anchor, (_anchorOf(record))));
    }

    /// @dev All relayers, and a threshold of two.
    function _installRelayers(RelayerSet set) internal {
        for (uint256 i = 0; i < _RELAYERS; ++i) set.addRelayer(CHEATS.addr(_relayerKeys[i]));
        set.setThreshold(2);
    }

    /// @dev The keys of up to `count` honest members of a set, in the order in which they sign.
    function _honest(RelayerSet set, uint256 count) internal view returns (uint256[] memory keys) {
        uint256[] memory found = new uint256[](_LIAR);
        uint256 size = 0;
        for (uint256 i = 0; i < _LIAR; ++i) {
            if (size < count && set.isRelayer(CHEATS.addr(_relayerKeys[i]))) found[size++] = _relayerKeys[i];
        }
        keys = new uint256[](size);
        for (uint256 i = 0; i < size; ++i) keys[i] = found[i];
    }

    /// @dev A digest, signed by these keys but the first `skip` of them.
    function _attest(
        uint256[] memory keys,
        uint256 skip,
        bytes32 digest
    ) internal pure returns (Attestation[] memory by) {
        by = new Attestation[](keys.length - skip);
        for (uint256 i = skip; i < keys.length; ++i) {
            by[i - skip] = Attestation(CHEATS.addr(keys[i]), _sign(keys[i], digest));
        }
    }

    function _anchorOf(uint256 record) internal view returns (RecordAnchor memory) {
        return
            RecordAnchor({
                owner: _members[_OWNER],
                salt: _saltOf(record),
                capsule: "capsule",
                publicFragment: "public",
                privateFragment: "private",
                maxAccessCount: 2
            });
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = CHEATS.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _keyOf(uint256 who) internal pure returns (uint256) {
        return who == _OWNER ? _OWNER_KEY : _DOCTOR_KEY + who;
    }

    function _pseudonymOf(uint256 who) internal pure returns (bytes32) {
        return bytes32(who + 1);
    }

    function _saltOf(uint256 record) internal pure returns (bytes32) {
        return bytes32(record + 1);
    }

    function _enrolAll() private {
        address operatorB = CHEATS.addr(_OPERATOR_B_KEY);
        _onB();
        _b.hospitals.registerHospital(HOSPITAL_B, CHAIN_B, operatorB, "parameters", _REQUESTS_PER_HOUR);
        _onA();
        _a.hospitals.registerHospital(HOSPITAL_A, CHAIN_A, CHEATS.addr(_OPERATOR_A_KEY), "parameters", 0);
        _a.hospitals.registerHospital(HOSPITAL_B, CHAIN_B, operatorB, "parameters", _REQUESTS_PER_HOUR);
        CHEATS.prank(CHEATS.addr(_OPERATOR_A_KEY));
        _a.hospitals.setMaxAccessCount(HOSPITAL_A, 3);
        for (uint256 i = 0; i < _MEMBERS; ++i) {
            _members[i] = _a.hospitals.memberIdOf(i == _OWNER ? HOSPITAL_A : HOSPITAL_B, _pseudonymOf(i));
            assert(_certify(i));
        }
    }

    function _sortRelayers() private {
        for (uint256 i = 0; i < _RELAYERS; ++i) {
            uint256 key = 0xC0 + i;
            uint256 at = i;
            for (; at > 0 && CHEATS.addr(_relayerKeys[at - 1]) > CHEATS.addr(key); --at) {
                _relayerKeys[at] = _relayerKeys[at - 1];
            }
            _relayerKeys[at] = key;
        }
    }
}
