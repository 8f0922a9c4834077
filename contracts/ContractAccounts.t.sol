// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessGrants} from "./AccessGrants.sol";
import {AccessRequests} from "./AccessRequests.sol";
import {DigestAccount} from "./DigestAccount.t.sol";
import {GreedyAccount} from "./GreedyAccount.t.sol";
import {HospitalRegistry} from "./HospitalRegistry.sol";
import {IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {Acknowledgement, IAccessRequests} from "./interfaces/IAccessRequests.sol";
import {IHospitalRegistry} from "./interfaces/IHospitalRegistry.sol";
import {IPredecessor} from "./interfaces/IPredecessor.sol";
import {IRecordRegistry} from "./interfaces/IRecordRegistry.sol";
import {IRelayerSet} from "./interfaces/IRelayerSet.sol";
import {Messages} from "./libraries/Messages.sol";
import {Mailbox} from "./Mailbox.sol";
import {RecordRegistry} from "./RecordRegistry.sol";
import {RelayerSet} from "./RelayerSet.sol";
import {SuiteManager} from "./SuiteManager.sol";
import {
    AccessRequest,
    AccessResponse,
    Attestation,
    Attestations,
    ReEncryption,
    RequestState,
    SignedAuthorization,
    SignedRequest
} from "./types/Access.sol";
import {MemberCertificate} from "./types/Identity.sol";
import {HospitalId, MemberId, RecordId, RequestId} from "./types/Ids.sol";
import {RecordAnchor, RecordStatus} from "./types/Record.sol";

HospitalId constant HOSPITAL = HospitalId.wrap(bytes32("hospital"));

/// @title ContractAccountsTest
/// @notice Every signer may be a contract (ERC-1271): operator, owner, requester and relayer. One chain plays both sides, over
/// a lane to itself.
contract ContractAccountsTest {
    HospitalRegistry private _hospitals;
    RecordRegistry private _records;
    RelayerSet private _relayers;
    Mailbox private _mailbox;
    AccessGrants private _grants;
    AccessRequests private _requests;

    DigestAccount private _operator;
    DigestAccount private _owner;
    DigestAccount private _requester;
    DigestAccount private _relayer;

    /// @notice The suite with one hospital, whose operator, patient and doctor are contracts, and one relayer that is one.
    function setUp() public {
        address manager = address(new SuiteManager(address(this)));
        _hospitals = new HospitalRegistry(manager, IPredecessor(address(0)));
        _records = new RecordRegistry(_hospitals);
        _relayers = new RelayerSet(manager);
        _mailbox = new Mailbox(manager);
        _grants = new AccessGrants(manager, _hospitals, _records, _relayers, _mailbox);
        _requests = new AccessRequests(manager, _hospitals, _relayers, _mailbox);
        _grants.setPeer(uint64(block.chainid), address(_requests));
        _requests.setPeer(uint64(block.chainid), address(_grants));

        _operator = new DigestAccount();
        _owner = new DigestAccount();
        _requester = new DigestAccount();
        _relayer = new DigestAccount();
        _hospitals.registerHospital(HOSPITAL, uint64(block.chainid), address(this), bytes32("parameters"), 100);
        _hospitals.setMaxAccessCount(HOSPITAL, 1);
        _hospitals.rotateOperator(HOSPITAL, address(_operator));
        // The test contract itself answers as a relayer only for M4; the contract account attests for M5.
        _relayers.addRelayer(address(this));
        _relayers.addRelayer(address(_relayer));
        _relayers.setThreshold(1);
    }

    /// @notice A request goes from its certificates to its acknowledgement with contract accounts as the only signers.
    function testEveryMessageTakesAContractsSignature() public {
        MemberId owner = _enrol("patient", _owner);
        RecordId recordId = _anchor(owner);
        AccessRequest memory request = _request(recordId, _enrol("doctor", _requester));
        RequestId requestId = _requests.requestIdOf(request);

        _requester.setApproved(RequestId.unwrap(requestId), true);
        _requests.request(request, "");
        _grants.deliverRequest(uint64(block.chainid), request, "");

        _owner.setApproved(_authorizationDigest(requestId), true);
        _grants.authorizeFor(requestId, bytes32("rekey"), bytes32("fragment"), _relayers.epoch(), "");
        _grants.submitReEncryption(requestId, _nobodys());

        AccessResponse memory response = _grants.responseOf(requestId);
        Attestations memory by = _attestation();
        _relayer.setApproved(_requests.responseDigest(uint64(block.chainid), response, by.epoch, by.expiry), true);
        _requests.deliverResponse(uint64(block.chainid), response, by);

        bytes32 answer = _requests.answerDigest(response);
        _requester.setApproved(_acknowledgementDigest(requestId, answer), true);
        _requests.acknowledgeFor(requestId, answer, Acknowledgement.Opened, "");
        assert(_grants.grant(requestId).state == RequestState.Granted);
        assert(_requests.status(requestId).acknowledgement == Acknowledgement.Opened);
    }

    /// @notice A contract that owns a record changes and revokes it by what it approves.
    function testAContractChangesItsRecord() public {
        RecordId recordId = _anchor(_enrol("patient", _owner));
        uint64 expiry = uint64(block.timestamp) + 1 days;
        try _records.revokeFor(recordId, expiry, "") {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == IRecordRegistry.RecordRegistryInvalidSignature.selector);
        }
        _approveAsOwner(abi.encode(Messages.ACCESS_LIMIT_TYPEHASH, recordId, uint32(7), uint64(0), expiry));
        _records.setMaxAccessCountFor(recordId, 7, expiry, "");
        assert(_records.record(recordId).maxAccessCount == 7);
        _approveAsOwner(abi.encode(Messages.REVOCATION_TYPEHASH, recordId, uint64(1), expiry));
        _records.revokeFor(recordId, expiry, "");
        assert(_records.record(recordId).status == RecordStatus.Revoked);
    }

    /// @notice What an account does not approve is refused, at every step.
    function testWhatAContractDoesNotApproveIsRefused() public {
        MemberCertificate memory certificate = _certificate("nurse", _requester);
        try _hospitals.enrolMember(certificate, "") {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == IHospitalRegistry.HospitalRegistryInvalidSignature.selector);
        }

        MemberId owner = _enrol("patient", _owner);
        try _records.anchorFor(_recordAnchor(owner), type(uint64).max, "") {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == IRecordRegistry.RecordRegistryInvalidSignature.selector);
        }

        AccessRequest memory request = _request(_anchor(owner), _enrol("doctor", _requester));
        RequestId requestId = _requests.requestIdOf(request);
        try _requests.request(request, "") {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == IAccessRequests.AccessRequestsInvalidSignature.selector);
        }

        _requester.setApproved(RequestId.unwrap(requestId), true);
        _requests.request(request, "");
        // A contract's signature can be withdrawn: filed on one side, it may yet be refused on the other.
        _requester.setApproved(RequestId.unwrap(requestId), false);
        try _grants.deliverRequest(uint64(block.chainid), request, "") {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == IAccessGrants.AccessGrantsInvalidSignature.selector);
        }

        _requester.setApproved(RequestId.unwrap(requestId), true);
        _grants.deliverRequest(uint64(block.chainid), request, "");
        try _grants.authorizeFor(requestId, bytes32("rekey"), bytes32("fragment"), _relayers.epoch(), "") {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == IAccessGrants.AccessGrantsInvalidSignature.selector);
        }

        _owner.setApproved(_authorizationDigest(requestId), true);
        _grants.authorizeFor(requestId, bytes32("rekey"), bytes32("fragment"), _relayers.epoch(), "");
        _grants.submitReEncryption(requestId, _nobodys());
        AccessResponse memory response = _grants.responseOf(requestId);
        try _requests.deliverResponse(uint64(block.chainid), response, _attestation()) {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == IRelayerSet.RelayerSetInvalidAttestation.selector);
        }
    }

    /// @notice A doctor's contract that takes all the gas it gets, or returns more than it should, burns so much and no more.
    function testAnAccountBurnsNoMoreThanItsCap() public {
        RecordId recordId = _anchor(_enrol("patient", _owner));
        for (uint256 i = 0; i < 2; ++i) {
            GreedyAccount account = new GreedyAccount(type(uint64).max, i == 1);
            AccessRequest memory request = _request(recordId, _enrol(bytes32(i), DigestAccount(address(account))));
            uint256 before = gasleft();
            try _requests.request(request, "") {
                assert(false);
            } catch (bytes memory reason) {
                assert(bytes4(reason) == IAccessRequests.AccessRequestsInvalidSignature.selector);
            }
            assert(before - gasleft() < 500_000);
        }
    }

    /// @notice A relayer's contract burns no more than its cap, in a single call too.
    function testARelayersContractBurnsNoMoreThanItsCap() public {
        address greedy = address(new GreedyAccount(type(uint64).max, false));
        _relayers.addRelayer(greedy);
        Attestations memory attestations = _attestation();
        attestations.by[0].relayer = greedy;
        uint256 before = gasleft();
        bool refused = false;
        try _relayers.requireAttested(bytes32("digest"), attestations) {
            assert(false);
        } catch {
            refused = true;
        }
        assert(refused && before - gasleft() < 300_000);
    }

    /// @notice An account that needs less than the cap is heard.
    function testAnAccountMayUseGasUpToItsCap() public {
        RecordId recordId = _anchor(_enrol("patient", _owner));
        GreedyAccount account = new GreedyAccount(180_000, false);
        AccessRequest memory request = _request(recordId, _enrol("doctor", DigestAccount(address(account))));
        assert(_requests.status(_requests.request(request, "")).state == RequestState.Pending);
    }

    /// @notice Whoever carries a signature pays for its bytes, so an account that takes any is heard with a short one only.
    function testALongSignatureIsRefused() public {
        AccessRequest memory request = _request(_anchor(_enrol("patient", _owner)), _enrol("doctor", _requester));
        RequestId requestId = _requests.requestIdOf(request);
        _requester.setApproved(RequestId.unwrap(requestId), true);
        try _requests.request(request, new bytes(2049)) {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == IAccessRequests.AccessRequestsInvalidSignature.selector);
        }
        _requests.request(request, new bytes(2048));
        try _grants.deliverRequest(uint64(block.chainid), request, new bytes(2049)) {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == IAccessGrants.AccessGrantsInvalidSignature.selector);
        }
        _grants.deliverRequest(uint64(block.chainid), request, new bytes(2048));
        assert(_grants.grant(requestId).state == RequestState.Pending);
    }

    /// @notice An item of a batch that needs more than its gas is skipped, and burns no more: four relayers that each take their time.
    function testAnItemBurnsNoMoreThanItsCap() public {
        AccessRequest memory request = _request(_anchor(_enrol("patient", _owner)), _enrol("doctor", _requester));
        RequestId requestId = _requests.requestIdOf(request);
        _requester.setApproved(RequestId.unwrap(requestId), true);
        SignedRequest[] memory requests = new SignedRequest[](1);
        requests[0] = SignedRequest(request, "");
        _grants.deliverRequests(uint64(block.chainid), requests);
        ReEncryption[] memory items = new ReEncryption[](1);
        items[0] = ReEncryption(requestId, _slowAttestations(4));
        _owner.setApproved(_authorizationDigest(requestId), true);
        _grants.authorizeFor(requestId, bytes32("rekey"), bytes32("fragment"), _relayers.epoch(), "");

        uint256 before = gasleft();
        _grants.submitReEncryptions(items);
        assert(before - gasleft() < 700_000);
        assert(_grants.grant(requestId).state == RequestState.Authorized);
        // Alone, where the caller pays for what it carries, the same is taken.
        _grants.submitReEncryption(requestId, items[0].attestations);
        assert(_grants.grant(requestId).state == RequestState.Granted);
    }

    /// @notice Of approvals in a batch, one whose owner's contract takes all the gas it gets is skipped, and burns no more than its cap; the
    /// next is taken by the word of its owner's contract.
    function testAnOwnersContractBurnsNoMoreThanItsCap() public {
        MemberId doctor = _enrol("doctor", _requester);
        SignedAuthorization[] memory items = new SignedAuthorization[](2);
        for (uint256 i = 0; i < 2; ++i) {
            AccessRequest memory request = _request(_anchor(_enrol(bytes32(i), _owner)), doctor);
            RequestId requestId = _requests.requestIdOf(request);
            _requester.setApproved(RequestId.unwrap(requestId), true);
            _grants.deliverRequest(uint64(block.chainid), request, "");
            _owner.setApproved(_authorizationDigest(requestId), true);
            items[i] = SignedAuthorization(requestId, bytes32("rekey"), bytes32("fragment"), _relayers.epoch(), "");
        }
        MemberCertificate memory renewed = _certificate(bytes32(0), _owner);
        renewed.account = address(new GreedyAccount(type(uint64).max, true));
        renewed.serial = 2;
        _operator.setApproved(_hospitals.certificateDigest(renewed), true);
        _hospitals.enrolMember(renewed, "");

        uint256 before = gasleft();
        _mailbox.authorizeBatch(_grants, items);
        assert(before - gasleft() < 1_100_000);
        assert(_grants.grant(items[0].requestId).state == RequestState.Pending);
        assert(_grants.grant(items[1].requestId).state == RequestState.Authorized);
    }

    /// @dev Of new relayers, whose contracts use 180,000 gas each, in ascending order.
    function _slowAttestations(uint256 count) private returns (Attestations memory attestations) {
        Attestation[] memory by = new Attestation[](count);
        for (uint256 i = 0; i < count; ++i) {
            address relayer = address(new GreedyAccount(180_000, false));
            _relayers.addRelayer(relayer);
            uint256 at = i;
            for (; at > 0 && by[at - 1].relayer > relayer; --at) by[at] = by[at - 1];
            by[at] = Attestation(relayer, "");
        }
        return Attestations({epoch: _relayers.epoch(), expiry: uint64(block.timestamp) + 1 days, by: by});
    }

    function _enrol(bytes32 pseudonym, DigestAccount account) private returns (MemberId) {
        MemberCertificate memory certificate = _certificate(pseudonym, account);
        _operator.setApproved(_hospitals.certificateDigest(certificate), true);
        return _hospitals.enrolMember(certificate, "");
    }

    function _anchor(MemberId owner) private returns (RecordId) {
        RecordAnchor memory anchor = _recordAnchor(owner);
        _approveAsOwner(abi.encode(Messages.RECORD_ANCHOR_TYPEHASH, anchor, type(uint64).max));
        return _records.anchorFor(anchor, type(uint64).max, "");
    }

    function _approveAsOwner(bytes memory message) private {
        bytes32 digest = Messages.digest(
            Messages.RECORD_REGISTRY,
            block.chainid,
            address(_records),
            keccak256(message)
        );
        _owner.setApproved(digest, true);
    }

    function _nobodys() private view returns (Attestations memory) {
        return Attestations({epoch: _relayers.epoch(), expiry: 0, by: new Attestation[](0)});
    }

    function _attestation() private view returns (Attestations memory attestations) {
        attestations.epoch = _relayers.epoch();
        attestations.expiry = uint64(block.timestamp) + 1 days;
        attestations.by = new Attestation[](1);
        attestations.by[0] = Attestation({relayer: address(_relayer), signature: ""});
    }

    function _authorizationDigest(RequestId requestId) private view returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(
                Messages.AUTHORIZATION_TYPEHASH,
                requestId,
                bytes32("rekey"),
                bytes32("fragment"),
                _relayers.epoch()
            )
        );
        return Messages.digest(Messages.ACCESS_GRANTS, block.chainid, address(_grants), structHash);
    }

    function _acknowledgementDigest(RequestId requestId, bytes32 answer) private view returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(Messages.ACKNOWLEDGEMENT_TYPEHASH, requestId, answer, Acknowledgement.Opened)
        );
        return Messages.digest(Messages.ACCESS_REQUESTS, block.chainid, address(_requests), structHash);
    }

    function _request(RecordId recordId, MemberId requester) private view returns (AccessRequest memory) {
        return
            AccessRequest({
                recordId: recordId,
                requester: requester,
                purpose: "TREAT",
                destinationChainId: uint64(block.chainid),
                destination: address(_grants),
                issuedAt: uint64(block.timestamp),
                expiry: uint64(block.timestamp) + 1 days,
                nonce: 1
            });
    }

    function _certificate(bytes32 pseudonym, DigestAccount account) private view returns (MemberCertificate memory) {
        return
            MemberCertificate({
                hospitalId: HOSPITAL,
                pseudonym: pseudonym,
                account: address(account),
                keyDigest: bytes32("keys"),
                serial: 1,
                notAfter: uint64(block.timestamp) + 365 days
            });
    }

    function _recordAnchor(MemberId owner) private pure returns (RecordAnchor memory) {
        return
            RecordAnchor({
                owner: owner,
                salt: bytes32("salt"),
                capsule: bytes32("capsule"),
                publicFragment: bytes32("public"),
                privateFragment: bytes32("private"),
                maxAccessCount: 1
            });
    }
}
