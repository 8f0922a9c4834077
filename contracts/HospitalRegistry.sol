// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IHospitalRegistry} from "./interfaces/IHospitalRegistry.sol";
import {IPredecessor} from "./interfaces/IPredecessor.sol";
import {Lanes} from "./Lanes.sol";
import {Messages} from "./libraries/Messages.sol";
import {Pages} from "./libraries/Pages.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Succession} from "./libraries/Succession.sol";
import {Hospital, HospitalStatus, Member, MemberCertificate, Requester} from "./types/Identity.sol";
import {HospitalId, MemberId} from "./types/Ids.sol";

/// @title HospitalRegistry
/// @notice Who is who: hospitals here and abroad, their operators and public parameters, and their members' accounts and keys.
/// @dev A foreign hospital's certificates are signed under the domain of the registry on its home chain, its peer here.
contract HospitalRegistry is Lanes, EIP712, IHospitalRegistry {
    /// @inheritdoc IHospitalRegistry
    IPredecessor public immutable PREDECESSOR;

    /// @dev The predecessor's, or zero.
    IHospitalRegistry private immutable _EARLIER;

    HospitalId[] private _hospitalIds;
    mapping(HospitalId hospitalId => Hospital hospital) private _hospitals;
    mapping(MemberId memberId => Member member) private _members;

    modifier onlyOperator(HospitalId hospitalId) {
        if (_requireActiveHospital(hospitalId).operator != msg.sender) {
            revert HospitalRegistryUnauthorizedOperator(hospitalId, msg.sender);
        }
        _;
    }

    constructor(
        address manager,
        IPredecessor predecessor
    ) AccessManaged(manager) EIP712(Messages.HOSPITAL_REGISTRY, Messages.VERSION) {
        PREDECESSOR = predecessor;
        if (address(predecessor) != address(0)) _EARLIER = predecessor.HOSPITALS();
    }

    /// @inheritdoc IHospitalRegistry
    function registerHospital(
        HospitalId hospitalId,
        uint64 homeChainId,
        address operator,
        bytes32 parametersDigest,
        uint32 maxRequestsPerHour
    ) external restricted {
        Succession.requireUnsealed(authority());
        Succession.requireEnded(PREDECESSOR);
        if (operator == address(0)) revert HospitalRegistryInvalidOperator(operator);
        if (homeChainId == 0) revert HospitalRegistryInvalidChain(homeChainId);
        if (_isRegistered(_hospitals[hospitalId]) || _isRegistered(_earlierHospital(hospitalId))) {
            revert HospitalRegistryAlreadyRegistered(hospitalId);
        }
        _hospitals[hospitalId] = Hospital({
            operator: operator,
            homeChainId: homeChainId,
            status: HospitalStatus.Active,
            maxAccessCount: 0,
            maxRequestsPerHour: maxRequestsPerHour,
            maxRequestsPerMember: 0,
            parametersDigest: parametersDigest
        });
        _hospitalIds.push(hospitalId);
        emit HospitalRegistered(hospitalId, homeChainId, operator, parametersDigest, maxRequestsPerHour);
    }

    /// @inheritdoc IHospitalRegistry
    function setMaxRequestsPerHour(HospitalId hospitalId, uint32 maxRequestsPerHour) external restricted {
        Succession.requireUnsealed(authority());
        Hospital storage h = _requireHospital(hospitalId);
        if (h.maxRequestsPerHour == maxRequestsPerHour) return;
        h.maxRequestsPerHour = maxRequestsPerHour;
        emit MaxRequestsPerHourSet(hospitalId, maxRequestsPerHour);
    }

    /// @inheritdoc IHospitalRegistry
    function replaceOperator(HospitalId hospitalId, address operator) external restricted {
        _requireHospital(hospitalId);
        _setOperator(hospitalId, operator);
    }

    /// @inheritdoc IHospitalRegistry
    function suspendHospital(HospitalId hospitalId) external restricted {
        if (_setStatus(hospitalId, HospitalStatus.Suspended)) emit HospitalSuspended(hospitalId);
    }

    /// @inheritdoc IHospitalRegistry
    function reinstateHospital(HospitalId hospitalId) external restricted {
        if (_setStatus(hospitalId, HospitalStatus.Active)) emit HospitalReinstated(hospitalId);
    }

    /// @inheritdoc IHospitalRegistry
    function rotateOperator(HospitalId hospitalId, address operator) external onlyOperator(hospitalId) {
        _setOperator(hospitalId, operator);
    }

    /// @inheritdoc IHospitalRegistry
    function setParameters(HospitalId hospitalId, bytes32 parametersDigest) external onlyOperator(hospitalId) {
        Succession.requireUnsealed(authority());
        if (_hospitals[hospitalId].parametersDigest == parametersDigest) return;
        _hospitals[hospitalId].parametersDigest = parametersDigest;
        emit ParametersSet(hospitalId, parametersDigest);
    }

    /// @inheritdoc IHospitalRegistry
    function setMaxAccessCount(HospitalId hospitalId, uint32 maxAccessCount) external onlyOperator(hospitalId) {
        Succession.requireUnsealed(authority());
        if (_hospitals[hospitalId].maxAccessCount == maxAccessCount) return;
        _hospitals[hospitalId].maxAccessCount = maxAccessCount;
        emit MaxAccessCountSet(hospitalId, maxAccessCount);
    }

    /// @inheritdoc IHospitalRegistry
    function setMaxRequestsPerMember(
        HospitalId hospitalId,
        uint32 maxRequestsPerMember
    ) external onlyOperator(hospitalId) {
        Succession.requireUnsealed(authority());
        if (_hospitals[hospitalId].maxRequestsPerMember == maxRequestsPerMember) return;
        _hospitals[hospitalId].maxRequestsPerMember = maxRequestsPerMember;
        emit MaxRequestsPerMemberSet(hospitalId, maxRequestsPerMember);
    }

    /// @inheritdoc IHospitalRegistry
    function enrolMember(
        MemberCertificate calldata certificate,
        bytes calldata signature
    ) external returns (MemberId memberId) {
        uint64 homeChainId = _requireActiveHospital(certificate.hospitalId).homeChainId;
        if (homeChainId != block.chainid) {
            revert HospitalRegistryForeignHospital(certificate.hospitalId, homeChainId);
        }
        memberId = _accept(certificate, signature);
        emit MemberEnrolled(memberId, certificate.hospitalId, certificate, signature);
    }

    /// @inheritdoc IHospitalRegistry
    function importMember(
        MemberCertificate calldata certificate,
        bytes calldata signature
    ) external returns (MemberId memberId) {
        if (_requireActiveHospital(certificate.hospitalId).homeChainId == block.chainid) {
            revert HospitalRegistryLocalHospital(certificate.hospitalId);
        }
        memberId = _accept(certificate, signature);
        emit MemberImported(memberId, certificate.hospitalId, certificate, signature);
    }

    /// @inheritdoc IHospitalRegistry
    function suspendMember(MemberId memberId) external {
        if (_setSuspended(memberId, true)) emit MemberSuspended(memberId);
    }

    /// @inheritdoc IHospitalRegistry
    function reinstateMember(MemberId memberId) external {
        if (_setSuspended(memberId, false)) emit MemberReinstated(memberId);
    }

    /// @inheritdoc IHospitalRegistry
    function revokeCertificates(HospitalId hospitalId, bytes32 pseudonym, uint64 serial) external {
        // Open to a suspended hospital too: it must be able to void what a thief certified before it is reinstated.
        if (_requireHospital(hospitalId).operator != msg.sender) {
            revert HospitalRegistryUnauthorizedOperator(hospitalId, msg.sender);
        }
        MemberId memberId = _memberIdOf(hospitalId, pseudonym);
        Member storage m = _adopted(memberId);
        // The latest certificate itself can be revoked, but an earlier one is void already.
        if (serial < m.serial || (serial == m.serial && m.account == address(0))) return;
        m.hospitalId = hospitalId;
        m.serial = serial;
        m.account = address(0);
        emit CertificatesRevoked(memberId, hospitalId, serial);
    }

    /// @inheritdoc IHospitalRegistry
    function adoptHospitals(HospitalId[] calldata hospitalIds) external {
        Succession.requireEnded(PREDECESSOR);
        for (uint256 i = 0; i < hospitalIds.length; ++i) {
            HospitalId hospitalId = hospitalIds[i];
            if (_isRegistered(_hospitals[hospitalId])) continue;
            Hospital memory earlier = _earlierHospital(hospitalId);
            if (!_isRegistered(earlier)) revert HospitalRegistryUnknownHospital(hospitalId);
            _hospitals[hospitalId] = earlier;
            _hospitalIds.push(hospitalId);
            emit HospitalAdopted(hospitalId, earlier);
        }
    }

    /// @inheritdoc IHospitalRegistry
    function adoptMembers(MemberId[] calldata memberIds) external {
        Succession.requireEnded(PREDECESSOR);
        for (uint256 i = 0; i < memberIds.length; ++i) {
            if (!_isKnown(_adopted(memberIds[i]))) revert HospitalRegistryUnknownMember(memberIds[i]);
        }
    }

    /// @inheritdoc IHospitalRegistry
    function hospital(HospitalId hospitalId) external view returns (Hospital memory) {
        return _hospitals[hospitalId];
    }

    /// @inheritdoc IHospitalRegistry
    function member(MemberId memberId) external view returns (Member memory) {
        return _members[memberId];
    }

    /// @inheritdoc IHospitalRegistry
    function hospitalSoFar(HospitalId hospitalId) external view returns (Hospital memory known) {
        known = _hospitals[hospitalId];
        if (_isRegistered(known)) return known;
        Succession.requireEnded(PREDECESSOR);
        return _earlierHospital(hospitalId);
    }

    /// @inheritdoc IHospitalRegistry
    function memberSoFar(MemberId memberId) external view returns (Member memory known) {
        known = _members[memberId];
        if (_isKnown(known)) return known;
        Succession.requireEnded(PREDECESSOR);
        return _earlierMember(memberId);
    }

    /// @inheritdoc IHospitalRegistry
    function activeRequester(MemberId memberId) external view returns (Requester memory requester) {
        (requester.account, requester.hospitalId, requester.homeChainId) = activeMember(memberId);
        Hospital storage h = _hospitals[requester.hospitalId];
        requester.maxRequestsPerHour = h.maxRequestsPerHour;
        uint32 perMember = h.maxRequestsPerMember;
        // Half, rounded up, without an overflow.
        requester.maxRequestsPerMember = perMember == 0 ? h.maxRequestsPerHour - h.maxRequestsPerHour / 2 : perMember;
    }

    /// @inheritdoc IHospitalRegistry
    function lastAccount(MemberId memberId) external view returns (address) {
        Member storage m = _members[memberId];
        return m.suspended ? address(0) : m.account;
    }

    /// @inheritdoc IHospitalRegistry
    function maxAccessCountOf(HospitalId hospitalId) external view returns (uint32) {
        return _hospitals[hospitalId].maxAccessCount;
    }

    /// @inheritdoc IHospitalRegistry
    function partiesOf(
        MemberId owner,
        MemberId requester
    )
        external
        view
        returns (address ownerAccount, HospitalId hospitalId, uint32 maxAccessCount, address requesterAccount)
    {
        (ownerAccount, hospitalId, ) = activeMember(owner);
        maxAccessCount = _hospitals[hospitalId].maxAccessCount;
        (requesterAccount, , ) = activeMember(requester);
    }

    /// @inheritdoc IHospitalRegistry
    function hospitalCount() external view returns (uint64) {
        return uint64(_hospitalIds.length);
    }

    /// @inheritdoc IHospitalRegistry
    function hospitals(
        uint64 from,
        uint64 count
    ) external view returns (HospitalId[] memory ids, Hospital[] memory page) {
        uint64 size = Pages.sizeOf(uint64(_hospitalIds.length), from, count);
        ids = new HospitalId[](size);
        page = new Hospital[](size);
        for (uint64 i = 0; i < size; ++i) {
            ids[i] = _hospitalIds[from + i];
            page[i] = _hospitals[ids[i]];
        }
    }

    /// @inheritdoc IHospitalRegistry
    function memberIdOf(HospitalId hospitalId, bytes32 pseudonym) external pure returns (MemberId) {
        return _memberIdOf(hospitalId, pseudonym);
    }

    /// @inheritdoc IHospitalRegistry
    function certificateDigest(MemberCertificate calldata certificate) external view returns (bytes32) {
        return _certificateDigest(certificate, _requireHospital(certificate.hospitalId).homeChainId);
    }

    /// @inheritdoc IHospitalRegistry
    function activeMember(
        MemberId memberId
    ) public view returns (address account, HospitalId hospitalId, uint64 homeChainId) {
        Member storage m = _members[memberId];
        hospitalId = m.hospitalId;
        Hospital storage h = _hospitals[hospitalId];
        homeChainId = h.homeChainId;
        bool active = !m.suspended && block.timestamp < m.notAfter && h.status == HospitalStatus.Active;
        if (active) account = m.account;
    }

    /// @dev Checks a certificate of an active hospital and stores the member.
    function _accept(
        MemberCertificate calldata certificate,
        bytes calldata signature
    ) private returns (MemberId memberId) {
        Succession.requireUnsealed(authority());
        memberId = _memberIdOf(certificate.hospitalId, certificate.pseudonym);
        Member storage m = _adopted(memberId);
        if (certificate.account == address(0)) revert HospitalRegistryInvalidAccount(certificate.account);
        if (block.timestamp >= certificate.notAfter) {
            revert HospitalRegistryExpiredCertificate(memberId, certificate.notAfter);
        }
        if (certificate.serial <= m.serial) {
            revert HospitalRegistryStaleSerial(memberId, m.serial, certificate.serial);
        }
        Hospital storage h = _hospitals[certificate.hospitalId];
        bytes32 digest = _certificateDigest(certificate, h.homeChainId);
        if (!Signatures.isValid(h.operator, digest, signature)) {
            revert HospitalRegistryInvalidSignature(certificate.hospitalId);
        }
        m.hospitalId = certificate.hospitalId;
        m.account = certificate.account;
        m.serial = certificate.serial;
        m.notAfter = certificate.notAfter;
        m.keyDigest = certificate.keyDigest;
    }

    /// @dev The member, taken over from the predecessors if it is known there and not yet here: no certificate may go before those there.
    /// Whoever calls this has made sure that the predecessor has ended: where the member's hospital is known here, it has.
    function _adopted(MemberId memberId) private returns (Member storage m) {
        m = _members[memberId];
        if (_isKnown(m)) return m;
        Member memory earlier = _earlierMember(memberId);
        if (!_isKnown(earlier)) return m;
        _members[memberId] = earlier;
        emit MemberAdopted(memberId, earlier.hospitalId, earlier);
    }

    function _setOperator(HospitalId hospitalId, address operator) private {
        if (operator == address(0)) revert HospitalRegistryInvalidOperator(operator);
        address previous = _hospitals[hospitalId].operator;
        if (previous == operator) return;
        _hospitals[hospitalId].operator = operator;
        emit OperatorRotated(hospitalId, operator, previous, msg.sender);
    }

    function _setStatus(HospitalId hospitalId, HospitalStatus status) private returns (bool changed) {
        Hospital storage h = _requireHospital(hospitalId);
        changed = h.status != status;
        h.status = status;
    }

    function _setSuspended(MemberId memberId, bool suspended) private returns (bool changed) {
        Member storage m = _members[memberId];
        if (m.serial == 0) revert HospitalRegistryUnknownMember(memberId);
        if (_requireActiveHospital(m.hospitalId).operator != msg.sender) {
            revert HospitalRegistryUnauthorizedOperator(m.hospitalId, msg.sender);
        }
        changed = m.suspended != suspended;
        m.suspended = suspended;
    }

    /// @dev Unregistered where there is no predecessor. One that did not adopt the hospital knows it from its own predecessor.
    function _earlierHospital(HospitalId hospitalId) private view returns (Hospital memory earlier) {
        if (address(_EARLIER) != address(0)) earlier = _EARLIER.hospitalSoFar(hospitalId);
    }

    /// @dev The same of a member, which is unknown there.
    function _earlierMember(MemberId memberId) private view returns (Member memory earlier) {
        if (address(_EARLIER) != address(0)) earlier = _EARLIER.memberSoFar(memberId);
    }

    function _requireHospital(HospitalId hospitalId) private view returns (Hospital storage h) {
        h = _hospitals[hospitalId];
        if (h.status == HospitalStatus.Unregistered) revert HospitalRegistryUnknownHospital(hospitalId);
    }

    function _requireActiveHospital(HospitalId hospitalId) private view returns (Hospital storage h) {
        h = _requireHospital(hospitalId);
        if (h.status != HospitalStatus.Active) revert HospitalRegistryInactiveHospital(hospitalId);
    }

    function _certificateDigest(
        MemberCertificate calldata certificate,
        uint64 homeChainId
    ) private view returns (bytes32) {
        bytes32 structHash = Messages.hash(certificate);
        if (homeChainId == block.chainid) return _hashTypedDataV4(structHash);
        return Messages.digest(Messages.HOSPITAL_REGISTRY, homeChainId, _requirePeer(homeChainId), structHash);
    }

    function _isRegistered(Hospital memory h) private pure returns (bool) {
        return h.status != HospitalStatus.Unregistered;
    }

    /// @dev No certificate has serial zero, and revoking none up to it makes nobody known.
    function _isKnown(Member memory m) private pure returns (bool) {
        return m.serial != 0;
    }

    function _memberIdOf(HospitalId hospitalId, bytes32 pseudonym) private pure returns (MemberId) {
        return MemberId.wrap(keccak256(abi.encode(hospitalId, pseudonym)));
    }
}
