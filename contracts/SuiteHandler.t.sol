// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

// Most random acts are refused, and that is as it should be: what matters is read from events and state.
// solhint-disable no-empty-blocks

import {AccessGrants} from "./AccessGrants.sol";
import {AccessRequests} from "./AccessRequests.sol";
import {CHEATS, ICheats} from "./ICheats.t.sol";
import {HospitalRegistry} from "./HospitalRegistry.sol";
import {IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {IAccessLedger, LogEntry} from "./interfaces/IAccessLedger.sol";
import {IAccessRequests} from "./interfaces/IAccessRequests.sol";
import {IPredecessor} from "./interfaces/IPredecessor.sol";
import {Messages} from "./libraries/Messages.sol";
import {RecordRegistry} from "./RecordRegistry.sol";
import {RelayerSet} from "./RelayerSet.sol";
import {SuiteManager} from "./SuiteManager.sol";
import {AccessRequest, AccessResponse, Attestation, Attestations, Decision, RequestState} from "./types/Access.sol";
import {MemberCertificate} from "./types/Identity.sol";
import {HospitalId, MemberId, RecordId, RequestId} from "./types/Ids.sol";
import {RecordAnchor} from "./types/Record.sol";

HospitalId constant HOSPITAL = HospitalId.wrap(bytes32("hospital"));

/// @title SuiteHandler
/// @notice Everything that anyone can do to the suite, one random act at a time, and what an observer of its events makes of it.
/// One chain plays both sides, over a lane to itself.
contract SuiteHandler {
    uint256 private constant _OPERATOR_KEY = 0xA1;
    uint256 private constant _OWNER_KEY = 0xA2;
    uint256 private constant _RELAYER_KEY = 0xA3;
    uint256 private constant _DOCTOR_KEY = 0xB0;
    uint256 private constant _DOCTORS = 2;
    uint256 private constant _RECORD_COUNT = 2;
    uint256 private constant _MAX_REQUESTS = 10;

    /// @notice The owner's side.
    AccessGrants public immutable GRANTS;

    /// @notice The requester's side.
    AccessRequests public immutable REQUESTS;

    /// @notice The ledger of `GRANTS`.
    IAccessLedger public immutable LEDGER;

    /// @notice What an observer found wrong, or empty.
    string public violation;

    /// @notice The fold of the entries that were emitted.
    bytes32 public foldedHead;

    /// @notice The last number that `GRANTS` emitted.
    uint64 public grantsSequence;

    /// @notice The last number that `REQUESTS` emitted.
    uint64 public requestsSequence;

    /// @notice How many deliveries were emitted.
    uint64 public deliveries;

    SuiteManager private immutable _MANAGER;
    HospitalRegistry private immutable _HOSPITALS;
    RecordRegistry private immutable _RECORDS;
    RelayerSet private immutable _RELAYERS;

    /// @dev How often the events granted, by doctor, and by record and doctor.
    mapping(uint256 doctor => uint32 grants) private _grantedTo;
    mapping(uint256 record => mapping(uint256 doctor => uint32 grants)) private _grantedOf;

    /// @dev The hashes of the entries that were emitted, as RFC 6962 has them.
    bytes32[] private _leaves;

    MemberId private _owner;
    MemberId[_DOCTORS] private _doctors;
    RecordId[_RECORD_COUNT] private _records;

    AccessRequest[] private _requests;
    mapping(RequestId requestId => RequestState state) private _endedOnGrants;
    mapping(RequestId requestId => RequestState state) private _endedOnRequests;
    mapping(RequestId requestId => RequestState state) private _lastOnGrants;

    /// @dev After every act, the events since the last are read and the states of all requests looked at.
    modifier observed() {
        _;
        _readEvents();
        _lookForRevival();
    }

    constructor() {
        CHEATS.recordLogs();
        _MANAGER = new SuiteManager(address(this));
        address manager = address(_MANAGER);
        _HOSPITALS = new HospitalRegistry(manager, IPredecessor(address(0)));
        _RECORDS = new RecordRegistry(_HOSPITALS);
        _RELAYERS = new RelayerSet(manager);
        GRANTS = new AccessGrants(manager, _HOSPITALS, _RECORDS, _RELAYERS);
        REQUESTS = new AccessRequests(manager, _HOSPITALS, _RELAYERS);
        LEDGER = GRANTS.LEDGER();
        uint64 chainId = uint64(block.chainid);
        GRANTS.setPeer(chainId, address(REQUESTS));
        REQUESTS.setPeer(chainId, address(GRANTS));
        _RELAYERS.addRelayer(CHEATS.addr(_RELAYER_KEY));
        _RELAYERS.setThreshold(1);
        _HOSPITALS.registerHospital(HOSPITAL, chainId, CHEATS.addr(_OPERATOR_KEY), "parameters", 6);
        CHEATS.prank(CHEATS.addr(_OPERATOR_KEY));
        _HOSPITALS.setMaxAccessCount(HOSPITAL, 3);
        _owner = _enrol("patient", _OWNER_KEY);
        for (uint256 i = 0; i < _DOCTORS; ++i) _doctors[i] = _enrol(bytes32(i + 1), _DOCTOR_KEY + i);
        for (uint256 i = 0; i < _RECORD_COUNT; ++i) _records[i] = _anchor(bytes32(i + 1));
    }

    /// @notice A doctor signs a request and someone files it.
    function request(uint256 doctor, uint256 record, uint32 lifetime) external observed {
        if (_requests.length == _MAX_REQUESTS) return;
        AccessRequest memory made = AccessRequest({
            recordId: record % 8 == 0 ? RecordId.wrap("unknown") : _records[record % _RECORD_COUNT],
            requester: _doctors[doctor % _DOCTORS],
            purpose: "TREAT",
            destinationChainId: uint64(block.chainid),
            destination: address(GRANTS),
            issuedAt: uint64(block.timestamp),
            expiry: uint64(block.timestamp) + 1 + (lifetime % 3 hours),
            nonce: _requests.length
        });
        bytes memory signature = _sign(_keyOf(made), RequestId.unwrap(REQUESTS.requestIdOf(made)));
        try REQUESTS.request(made, signature) {
            _requests.push(made);
        } catch {}
    }

    /// @notice Someone delivers a request, for the first time or again.
    function deliver(uint256 index) external observed {
        if (_requests.length == 0) return;
        AccessRequest memory chosen = _requests[index % _requests.length];
        bytes memory signature = _sign(_keyOf(chosen), RequestId.unwrap(REQUESTS.requestIdOf(chosen)));
        try GRANTS.deliverRequest(uint64(block.chainid), chosen, signature) {} catch {}
    }

    /// @notice The owner approves, itself or by its signature.
    function authorize(uint256 index, bool bySignature) external observed {
        RequestId requestId = _choose(index);
        if (bySignature) {
            bytes memory signature = _sign(_OWNER_KEY, _authorizationDigest(requestId));
            try GRANTS.authorizeFor(requestId, "rekey", "fragment", signature) {} catch {}
        } else {
            CHEATS.prank(CHEATS.addr(_OWNER_KEY));
            try GRANTS.authorize(requestId, "rekey", "fragment") {} catch {}
        }
    }

    /// @notice Someone else tries to approve or deny, itself or by its signature.
    function intrude(uint256 index, address intruder, uint256 key) external observed {
        RequestId requestId = _choose(index);
        if (intruder == CHEATS.addr(_OWNER_KEY) || intruder == address(0)) return;
        key = 1 + (key % 1e18);
        if (key == _OWNER_KEY) return;
        bytes memory signature = _sign(key, _authorizationDigest(requestId));
        CHEATS.prank(intruder);
        try GRANTS.authorize(requestId, "rekey", "fragment") {
            violation = "an intruder authorised";
        } catch {}
        CHEATS.prank(intruder);
        try GRANTS.deny(requestId) {
            violation = "an intruder denied";
        } catch {}
        CHEATS.prank(intruder);
        try GRANTS.withdraw(requestId) {
            violation = "an intruder withdrew";
        } catch {}
        try GRANTS.authorizeFor(requestId, "rekey", "fragment", signature) {
            violation = "an intruder's signature authorised";
        } catch {}
    }

    /// @notice The owner denies.
    function deny(uint256 index) external observed {
        RequestId requestId = _choose(index);
        CHEATS.prank(CHEATS.addr(_OWNER_KEY));
        try GRANTS.deny(requestId) {} catch {}
    }

    /// @notice The owner takes back what it approved, itself or by its signature.
    function withdraw(uint256 index, bool bySignature) external observed {
        RequestId requestId = _choose(index);
        if (bySignature) {
            bytes32 structHash = keccak256(abi.encode(Messages.WITHDRAWAL_TYPEHASH, requestId));
            bytes32 digest = Messages.digest(Messages.ACCESS_GRANTS, block.chainid, address(GRANTS), structHash);
            try GRANTS.withdrawFor(requestId, _sign(_OWNER_KEY, digest)) {} catch {}
        } else {
            CHEATS.prank(CHEATS.addr(_OWNER_KEY));
            try GRANTS.withdraw(requestId) {} catch {}
        }
    }

    /// @notice A relayer submits a re-encryption.
    function submitReEncryption(uint256 index) external observed {
        RequestId requestId = _choose(index);
        Attestations memory nobodys = Attestations({epoch: 0, expiry: 0, by: new Attestation[](0)});
        CHEATS.prank(CHEATS.addr(_RELAYER_KEY));
        try GRANTS.submitReEncryption(requestId, "re-encryption", nobodys) {} catch {}
    }

    /// @notice Someone carries the answer back.
    function respond(uint256 index) external observed {
        if (REQUESTS.isPaused(uint64(block.chainid))) return; // there is no digest to sign either
        try GRANTS.responseOf(_choose(index)) returns (AccessResponse memory response) {
            Attestations memory attestations = Attestations({
                epoch: _RELAYERS.epoch(),
                expiry: uint64(block.timestamp) + 1 days,
                by: new Attestation[](1)
            });
            bytes32 digest = REQUESTS.responseDigest(
                uint64(block.chainid),
                response,
                attestations.epoch,
                attestations.expiry
            );
            attestations.by[0] = Attestation(CHEATS.addr(_RELAYER_KEY), _sign(_RELAYER_KEY, digest));
            try REQUESTS.deliverResponse(uint64(block.chainid), response, attestations) {} catch {}
        } catch {}
    }

    /// @notice Someone ends a request on either side.
    function expire(uint256 index, bool onGrants) external observed {
        RequestId requestId = _choose(index);
        if (onGrants) try GRANTS.expire(requestId) {} catch {}
        else try REQUESTS.expire(requestId) {} catch {}
    }

    /// @notice The operator sets the hospital's limit.
    function limitHospital(uint32 limit) external observed {
        CHEATS.prank(CHEATS.addr(_OPERATOR_KEY));
        try _HOSPITALS.setMaxAccessCount(HOSPITAL, limit % 5) {} catch {}
    }

    /// @notice The owner sets a record's limit, or now and then revokes it.
    function limitRecord(uint256 record, uint32 limit) external observed {
        CHEATS.prank(CHEATS.addr(_OWNER_KEY));
        if (limit % 16 == 15) try _RECORDS.revoke(_records[record % _RECORD_COUNT]) {} catch {}
        else try _RECORDS.setMaxAccessCount(_records[record % _RECORD_COUNT], limit % 4) {} catch {}
    }

    /// @notice The operator suspends or reinstates a doctor.
    function suspend(uint256 doctor, uint256 dice) external observed {
        CHEATS.prank(CHEATS.addr(_OPERATOR_KEY));
        if (dice % 4 == 0) try _HOSPITALS.suspendMember(_doctors[doctor % _DOCTORS]) {} catch {}
        else try _HOSPITALS.reinstateMember(_doctors[doctor % _DOCTORS]) {} catch {}
    }

    /// @notice The operator suspends or reinstates the owner, or the registrar the hospital of them all.
    function suspendOwner(uint256 dice) external observed {
        if (dice % 4 == 0) _HOSPITALS.suspendHospital(HOSPITAL);
        else _HOSPITALS.reinstateHospital(HOSPITAL);
        CHEATS.prank(CHEATS.addr(_OPERATOR_KEY));
        if (dice % 3 == 0) try _HOSPITALS.suspendMember(_owner) {} catch {}
        else try _HOSPITALS.reinstateMember(_owner) {} catch {}
    }

    /// @notice The lane manager pauses or resumes one side's lane.
    function pause(uint256 dice) external observed {
        uint64 chainId = uint64(block.chainid);
        if (dice % 6 == 0) GRANTS.pauseLane(chainId);
        else if (dice % 6 == 1) REQUESTS.pauseLane(chainId);
        else if (dice % 2 == 0) GRANTS.resumeLane(chainId);
        else REQUESTS.resumeLane(chainId);
    }

    /// @notice The guardian stops the suite, or the lane manager confirms or ends a stop.
    function stop(uint256 dice) external observed {
        if (dice % 4 == 0) try _MANAGER.stop() {} catch {}
        else if (dice % 16 == 1) _MANAGER.confirmStop();
        else _MANAGER.resume();
    }

    /// @notice Time passes.
    function wait_(uint16 time) external observed {
        CHEATS.warp(block.timestamp + (time % 1 hours));
    }

    /// @notice The counts that the ledger has, beside those that the events granted.
    function countsAgree() external view returns (bool) {
        for (uint256 d = 0; d < _DOCTORS; ++d) {
            if (LEDGER.accessCountOf(HOSPITAL, _doctors[d]) != _grantedTo[d]) return false;
            for (uint256 r = 0; r < _RECORD_COUNT; ++r) {
                if (LEDGER.recordAccessCountOf(_records[r], _doctors[d]) != _grantedOf[r][d]) return false;
            }
        }
        return true;
    }

    /// @notice How many entries were emitted.
    function entries() external view returns (uint256) {
        return _leaves.length;
    }

    /// @notice Whether the ledger's root is the tree hash of the entries that were emitted.
    function rootAgrees() external view returns (bool) {
        return LEDGER.root() == (_leaves.length == 0 ? sha256("") : _treeHash(0, _leaves.length));
    }

    function _readEvents() private {
        ICheats.Log[] memory logs = CHEATS.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics.length < 2) continue;
            bytes32 topic = logs[i].topics[0];
            uint64 number = uint64(uint256(logs[i].topics[1]));
            if (topic == IAccessLedger.AccessLogged.selector) _readEntry(number, logs[i].data);
            else _readNumber(topic, number);
        }
    }

    function _readNumber(bytes32 topic, uint64 number) private {
        if (topic == IAccessGrants.ReEncryptionRequested.selector || topic == IAccessGrants.ResponseReady.selector) {
            if (number != ++grantsSequence) violation = "a sequence number of AccessGrants was skipped";
        } else if (topic == IAccessRequests.AccessRequested.selector) {
            if (number != ++requestsSequence) violation = "a sequence number of AccessRequests was skipped";
        } else if (topic == IAccessGrants.RequestDelivered.selector) {
            if (number != deliveries++) violation = "an index of a delivery was skipped";
        }
    }

    function _readEntry(uint64 index, bytes memory data) private {
        (LogEntry memory entry, bytes32 head) = abi.decode(data, (LogEntry, bytes32));
        if (index != _leaves.length) violation = "an entry of the ledger was skipped";
        foldedHead = keccak256(abi.encode(foldedHead, index, entry));
        _leaves.push(sha256(bytes.concat(hex"00", abi.encode(entry))));
        if (head != foldedHead) violation = "an entry does not fold to its head";
        if (entry.decision != Decision.Granted) return;
        if (entry.hospitalCount > entry.hospitalLimit) violation = "granted over the hospital's limit";
        if (entry.recordCount > entry.recordLimit) violation = "granted over the record's limit";
        if (entry.hospitalLimit != _HOSPITALS.maxAccessCountOf(HOSPITAL)) violation = "another hospital limit held";
        if (entry.recordLimit != _RECORDS.record(entry.recordId).maxAccessCount) violation = "another limit held";
        uint256 doctor = MemberId.unwrap(entry.requester) == MemberId.unwrap(_doctors[0]) ? 0 : 1;
        uint256 record = RecordId.unwrap(entry.recordId) == RecordId.unwrap(_records[0]) ? 0 : 1;
        ++_grantedTo[doctor];
        ++_grantedOf[record][doctor];
    }

    /// @dev That no request leaves a terminal state, on either side, and that an answer is what was decided.
    function _lookForRevival() private {
        for (uint256 i = 0; i < _requests.length; ++i) {
            RequestId requestId = _choose(i);
            RequestState decided = GRANTS.grant(requestId).state;
            RequestState answered = REQUESTS.status(requestId).state;
            if (decided != _lastOnGrants[requestId]) _lookAtDecision(requestId, decided);
            _lastOnGrants[requestId] = decided;
            RequestState before = _endedOnGrants[requestId];
            if (before != RequestState.None && before != decided) violation = "a request left its terminal state";
            before = _answerBefore(requestId, decided, answered);
            if (before != RequestState.None && before != answered) violation = "an answer changed";
            if (decided >= RequestState.Granted) _endedOnGrants[requestId] = decided;
            if (answered < RequestState.Granted) continue;
            _endedOnRequests[requestId] = answered;
            if (answered != decided && answered != RequestState.Expired) violation = "an answer nobody decided";
        }
    }

    /// @dev What an answer must still be; nothing where it was an end for want of one, which gives way to what was decided in time.
    function _answerBefore(
        RequestId requestId,
        RequestState decided,
        RequestState answered
    ) private view returns (RequestState before) {
        before = _endedOnRequests[requestId];
        if (before == RequestState.Expired && answered == decided) before = RequestState.None;
    }

    /// @dev What was just approved or granted: never without the standing of both, over a paused lane, or for a revoked record.
    function _lookAtDecision(RequestId requestId, RequestState decided) private {
        if (decided != RequestState.Granted && decided != RequestState.Authorized) return;
        (address owner, , ) = _HOSPITALS.activeMember(_owner);
        (address requester, , ) = _HOSPITALS.activeMember(GRANTS.grant(requestId).requester);
        if (owner == address(0)) violation = "granted although the owner was suspended";
        if (requester == address(0)) violation = "granted although the requester was suspended";
        if (GRANTS.isPaused(uint64(block.chainid))) violation = "granted over a paused lane";
    }

    /// @dev RFC 6962, section 2.1, as it stands there.
    function _treeHash(uint256 from, uint256 count) private view returns (bytes32) {
        if (count == 1) return _leaves[from];
        uint256 split = 1;
        while (split * 2 < count) split *= 2;
        return sha256(bytes.concat(hex"01", _treeHash(from, split), _treeHash(from + split, count - split)));
    }

    function _enrol(bytes32 pseudonym, uint256 key) private returns (MemberId) {
        MemberCertificate memory certificate = MemberCertificate({
            hospitalId: HOSPITAL,
            pseudonym: pseudonym,
            account: CHEATS.addr(key),
            keyDigest: "keys",
            serial: 1,
            notAfter: type(uint64).max
        });
        return _HOSPITALS.enrolMember(certificate, _sign(_OPERATOR_KEY, _HOSPITALS.certificateDigest(certificate)));
    }

    function _anchor(bytes32 salt) private returns (RecordId) {
        CHEATS.prank(CHEATS.addr(_OWNER_KEY));
        return
            _RECORDS.anchor(
                RecordAnchor({
                    owner: _owner,
                    salt: salt,
                    capsule: "capsule",
                    publicFragment: "public",
                    privateFragment: "private",
                    maxAccessCount: 2
                })
            );
    }

    function _keyOf(AccessRequest memory made) private view returns (uint256) {
        return MemberId.unwrap(made.requester) == MemberId.unwrap(_doctors[0]) ? _DOCTOR_KEY : _DOCTOR_KEY + 1;
    }

    function _choose(uint256 index) private view returns (RequestId) {
        if (_requests.length == 0) return RequestId.wrap(0);
        return REQUESTS.requestIdOf(_requests[index % _requests.length]);
    }

    function _authorizationDigest(RequestId requestId) private view returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(Messages.AUTHORIZATION_TYPEHASH, requestId, bytes32("rekey"), bytes32("fragment"))
        );
        return Messages.digest(Messages.ACCESS_GRANTS, block.chainid, address(GRANTS), structHash);
    }

    function _sign(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = CHEATS.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
