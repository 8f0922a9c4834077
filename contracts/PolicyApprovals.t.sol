// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {AccessGrants} from "./AccessGrants.sol";
import {AccessRequests} from "./AccessRequests.sol";
import {CHEATS, ICheats} from "./ICheats.t.sol";
import {DigestAccount} from "./DigestAccount.t.sol";
import {HospitalRegistry} from "./HospitalRegistry.sol";
import {IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {IPredecessor} from "./interfaces/IPredecessor.sol";
import {IRecordRegistry} from "./interfaces/IRecordRegistry.sol";
import {Mailbox} from "./Mailbox.sol";
import {RecordRegistry} from "./RecordRegistry.sol";
import {RelayerSet} from "./RelayerSet.sol";
import {StandingPolicy} from "./StandingPolicy.t.sol";
import {SuiteManager} from "./SuiteManager.sol";
import {AccessRequest, Attestation, Attestations, Decision, RequestState} from "./types/Access.sol";
import {MemberCertificate} from "./types/Identity.sol";
import {HospitalId, MemberId, RecordId, RequestId} from "./types/Ids.sol";
import {RecordAnchor} from "./types/Record.sol";

HospitalId constant HOSPITAL = HospitalId.wrap(bytes32("hospital"));
uint64 constant POLICY_ROLE = 5;

/// @title PolicyApprovalsTest
/// @notice What a policy contract can do in an owner's place, and what it cannot. This contract is operator, owner and relayer; one chain
/// plays both sides, over a lane to itself.
contract PolicyApprovalsTest {
    SuiteManager private _manager;
    HospitalRegistry private _hospitals;
    RecordRegistry private _records;
    AccessGrants private _grants;
    AccessRequests private _requests;
    RelayerSet private _relayers;
    StandingPolicy private _policy;
    DigestAccount private _operator;
    DigestAccount private _doctor;
    MemberId private _owner;
    MemberId private _requester;
    RecordId private _record;
    uint256 private _nonce;

    /// @notice A record under a limit of two, a policy with its role, and an owner who trusts the doctor there but has not named it yet.
    function setUp() public {
        _manager = new SuiteManager(address(this));
        address manager = address(_manager);
        _hospitals = new HospitalRegistry(manager, IPredecessor(address(0)));
        _records = new RecordRegistry(_hospitals);
        _relayers = new RelayerSet(manager);
        Mailbox mailbox = new Mailbox(manager);
        _grants = new AccessGrants(manager, _hospitals, _records, _relayers, mailbox);
        _requests = new AccessRequests(manager, _hospitals, _relayers, mailbox);
        _grants.setPeer(uint64(block.chainid), address(_requests));
        _requests.setPeer(uint64(block.chainid), address(_grants));
        _relayers.addRelayer(address(this));
        _relayers.setThreshold(1);
        _hospitals.registerHospital(HOSPITAL, uint64(block.chainid), address(this), bytes32("parameters"), 100);
        _hospitals.setMaxAccessCount(HOSPITAL, 5);
        _operator = new DigestAccount();
        _doctor = new DigestAccount();
        _hospitals.rotateOperator(HOSPITAL, address(_operator));
        _owner = _enrol("patient", address(this), 1);
        _requester = _enrol("doctor", address(_doctor), 1);
        _record = _records.anchor(
            RecordAnchor({
                owner: _owner,
                salt: bytes32("salt"),
                capsule: bytes32("capsule"),
                publicFragment: bytes32("public"),
                privateFragment: bytes32("private"),
                maxAccessCount: 2
            })
        );
        _policy = new StandingPolicy(_grants);
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IAccessGrants.authorizeByPolicy.selector;
        _manager.setTargetFunctionRole(address(_grants), selectors, POLICY_ROLE);
        _manager.grantRole(POLICY_ROLE, address(_policy), 0);
        _policy.trust(_owner, _requester, uint64(block.timestamp) + 1 hours);
    }

    /// @notice A named policy approves; the approval counts like the owner's own, up to the limit, and can be granted.
    function testANamedPolicyApprovesUpToTheLimit() public {
        _records.setPolicy(_owner, address(_policy));
        for (uint256 i = 0; i < 2; ++i) {
            RequestId requestId = _deliver();
            assert(_approve(requestId) == Decision.Granted);
            assert(_grants.grant(requestId).state == RequestState.Authorized);
            _grants.submitReEncryption(requestId, _nobodys());
            assert(_grants.grant(requestId).state == RequestState.Granted);
        }
        RequestId over = _deliver();
        assert(_approve(over) == Decision.RecordLimitReached);
        assert(_grants.grant(over).state == RequestState.Refused);
        assert(_grants.LEDGER().recordAccessCountOf(_record, _requester) == 2);
    }

    /// @notice The event of an approval names the policy, and carries no signature.
    function testTheApprovalNamesThePolicy() public {
        _records.setPolicy(_owner, address(_policy));
        RequestId requestId = _deliver();
        CHEATS.recordLogs();
        _approve(requestId);
        ICheats.Log[] memory logs = CHEATS.getRecordedLogs();
        assert(logs[0].topics[0] == IAccessGrants.Approved.selector);
        assert(logs[0].topics[2] == bytes32(uint256(uint160(address(_policy)))));
        (, , uint64 epoch, bytes memory signature) = abi.decode(logs[0].data, (bytes32, bytes32, uint64, bytes));
        assert(epoch == _relayers.epoch());
        assert(signature.length == 0);
    }

    /// @notice Nobody is bound by a policy without having named it: not by its role, nor by what the policy itself holds of the owner.
    function testAPolicyDoesNotBindWhoDidNotNameIt() public {
        _refuses(_deliver(), IAccessGrants.AccessGrantsUnauthorizedPolicy.selector);
        StandingPolicy other = new StandingPolicy(_grants);
        _records.setPolicy(_owner, address(other));
        _refuses(_deliver(), IAccessGrants.AccessGrantsUnauthorizedPolicy.selector);
    }

    /// @notice Nor by a contract that it named, without the role.
    function testANamedContractNeedsTheRole() public {
        _records.setPolicy(_owner, address(_policy));
        _manager.revokeRole(POLICY_ROLE, address(_policy));
        _refuses(_deliver(), IAccessManaged.AccessManagedUnauthorized.selector);
    }

    /// @notice An owner ends what it allowed, takes back what was approved, and can do both after its hospital was suspended.
    function testAnOwnerEndsItAtAnyTime() public {
        _records.setPolicy(_owner, address(_policy));
        RequestId approved = _deliver();
        RequestId pending = _deliver();
        _approve(approved);
        _hospitals.suspendHospital(HOSPITAL);
        _records.setPolicy(_owner, address(0));
        _grants.withdraw(approved);
        assert(_grants.grant(approved).decision == Decision.Withdrawn);
        _hospitals.reinstateHospital(HOSPITAL);
        _refuses(pending, IAccessGrants.AccessGrantsUnauthorizedPolicy.selector);
    }

    /// @notice What rules out the owner's own approval rules out the policy's: an inactive owner; and a revoked record, or an inactive
    /// requester, is refused and logged.
    function testAPolicyStandsUnderTheSameChecks() public {
        _records.setPolicy(_owner, address(_policy));
        RequestId first = _deliver();
        RequestId second = _deliver();
        RequestId third = _deliver();
        _hospitals.suspendHospital(HOSPITAL);
        _refuses(first, IAccessGrants.AccessGrantsUnauthorizedPolicy.selector);
        _hospitals.reinstateHospital(HOSPITAL);
        CHEATS.prank(address(_operator));
        _hospitals.suspendMember(_requester);
        assert(_approve(first) == Decision.RequesterInactive);
        CHEATS.prank(address(_operator));
        _hospitals.reinstateMember(_requester);
        _records.revoke(_record);
        assert(_approve(second) == Decision.RecordRevoked);
        // Pending still, and not the policy's to deny: the owner's.
        _grants.deny(third);
    }

    /// @notice A policy approves for the relayers of now, and where they change since the owner seals anew, not the policy.
    function testTheOwnerSealsAnewWhatAPolicyApproved() public {
        _records.setPolicy(_owner, address(_policy));
        RequestId requestId = _deliver();
        uint64 epoch = _relayers.epoch();
        try _policy.approve(requestId, bytes32("rekey"), bytes32("fragment"), epoch - 1) {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == IAccessGrants.AccessGrantsWrongEpoch.selector);
        }
        _approve(requestId);
        _relayers.addRelayer(address(_doctor));
        CHEATS.prank(address(_policy));
        try _grants.reseal(requestId, bytes32("anew"), epoch + 1) {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == IAccessGrants.AccessGrantsUnauthorizedOwner.selector);
        }
        assert(_grants.reseal(requestId, bytes32("anew"), epoch + 1) == Decision.Granted);
        assert(_grants.LEDGER().recordAccessCountOf(_record, _requester) == 1);
        _grants.submitReEncryption(requestId, _nobodys());
        assert(_grants.responseOf(requestId).reEncryption == bytes32("anew"));
    }

    /// @notice Only the owner names a policy, and only while it may give; what the policy itself refuses is not approved.
    function testOnlyTheOwnerNamesAPolicy() public {
        CHEATS.prank(address(_doctor));
        try _records.setPolicy(_owner, address(_policy)) {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == IRecordRegistry.RecordRegistryUnauthorizedOwner.selector);
        }
        _hospitals.suspendHospital(HOSPITAL);
        try _records.setPolicy(_owner, address(_policy)) {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == IRecordRegistry.RecordRegistryUnauthorizedOwner.selector);
        }
        _hospitals.reinstateHospital(HOSPITAL);
        assert(_records.policyOf(_owner) == address(0));
        _records.setPolicy(_owner, address(_policy));
        assert(_records.policyOf(_owner) == address(_policy));
        _policy.trust(_owner, _requester, 0);
        _refuses(_deliver(), StandingPolicy.StandingPolicyUntrusted.selector);
    }

    /// @notice What a stolen account named ends with that account: a new one names a policy anew, and renewing a certificate changes nothing.
    function testANewAccountHasNoPolicyUntilItNamesOne() public {
        _records.setPolicy(_owner, address(_policy));
        _enrol("patient", address(this), 2);
        assert(_approve(_deliver()) == Decision.Granted);
        address next = address(new DigestAccount());
        _enrol("patient", next, 3);
        assert(_records.policyOf(_owner) == address(0));
        _refuses(_deliver(), IAccessGrants.AccessGrantsUnauthorizedPolicy.selector);
        CHEATS.prank(next);
        _records.setPolicy(_owner, address(_policy));
        assert(_approve(_deliver()) == Decision.Granted);
        // The earlier account, certified again, finds what the later one ended.
        CHEATS.prank(next);
        _records.setPolicy(_owner, address(0));
        _enrol("patient", address(this), 4);
        assert(_records.policyOf(_owner) == address(0));
    }

    function _approve(RequestId requestId) private returns (Decision) {
        return _policy.approve(requestId, bytes32("rekey"), bytes32("fragment"), _relayers.epoch());
    }

    function _refuses(RequestId requestId, bytes4 selector) private {
        try _policy.approve(requestId, bytes32("rekey"), bytes32("fragment"), _relayers.epoch()) {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == selector);
        }
        assert(_grants.grant(requestId).state == RequestState.Pending);
    }

    function _deliver() private returns (RequestId requestId) {
        AccessRequest memory request = AccessRequest({
            recordId: _record,
            requester: _requester,
            purpose: "TREAT",
            destinationChainId: uint64(block.chainid),
            destination: address(_grants),
            issuedAt: uint64(block.timestamp),
            expiry: uint64(block.timestamp) + 1 days,
            nonce: ++_nonce
        });
        requestId = _requests.requestIdOf(request);
        _doctor.setApproved(RequestId.unwrap(requestId), true);
        _grants.deliverRequest(uint64(block.chainid), request, "");
    }

    function _enrol(bytes32 pseudonym, address account, uint64 serial) private returns (MemberId) {
        MemberCertificate memory certificate = MemberCertificate({
            hospitalId: HOSPITAL,
            pseudonym: pseudonym,
            account: account,
            keyDigest: bytes32("keys"),
            serial: serial,
            notAfter: uint64(block.timestamp) + 365 days
        });
        _operator.setApproved(_hospitals.certificateDigest(certificate), true);
        return _hospitals.enrolMember(certificate, "");
    }

    function _nobodys() private view returns (Attestations memory) {
        return Attestations({epoch: _relayers.epoch(), expiry: 0, by: new Attestation[](0)});
    }
}
