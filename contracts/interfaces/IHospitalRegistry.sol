// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Hospital, Member, MemberCertificate, Requester} from "../types/Identity.sol";
import {HospitalId, MemberId} from "../types/Ids.sol";
import {IPredecessor} from "./IPredecessor.sol";

/// @title IHospitalRegistry
/// @notice Who is who: hospitals here and abroad, their operators and public parameters, and their members' accounts and keys.
interface IHospitalRegistry {
    /// @notice A hospital, of this chain or another, became known here.
    event HospitalRegistered(
        HospitalId indexed hospitalId,
        uint64 indexed homeChainId,
        address operator,
        bytes32 parametersDigest,
        uint32 maxRequestsPerHour
    );
    /// @notice The hospital and all its members lost the power to act.
    event HospitalSuspended(HospitalId indexed hospitalId);
    /// @notice The hospital and its members have it again.
    event HospitalReinstated(HospitalId indexed hospitalId);
    /// @notice Another account signs for the hospital from now on.
    /// @param previous the account that did so until now
    /// @param by who brought this about: `previous` itself, or the registrar
    event OperatorRotated(HospitalId indexed hospitalId, address operator, address previous, address by);
    /// @notice The hospital published other public parameters.
    event ParametersSet(HospitalId indexed hospitalId, bytes32 parametersDigest);
    /// @notice One requester may be granted access to this hospital's records so often from now on.
    event MaxAccessCountSet(HospitalId indexed hospitalId, uint32 maxAccessCount);

    /// @notice So many requests of the hospital's members are taken in one hour from now on.
    event MaxRequestsPerHourSet(HospitalId indexed hospitalId, uint32 maxRequestsPerHour);
    /// @notice So many requests of each of the hospital's members are taken in one hour from now on; half of the hospital's if zero.
    event MaxRequestsPerMemberSet(HospitalId indexed hospitalId, uint32 maxRequestsPerMember);

    /// @notice A member was enrolled here by its home hospital. Carries the whole certificate, so that anyone can import it abroad.
    event MemberEnrolled(
        MemberId indexed memberId,
        HospitalId indexed hospitalId,
        MemberCertificate certificate,
        bytes signature
    );
    /// @notice A foreign hospital's member became known here.
    event MemberImported(
        MemberId indexed memberId,
        HospitalId indexed hospitalId,
        MemberCertificate certificate,
        bytes signature
    );
    /// @notice The member lost the power to act here.
    event MemberSuspended(MemberId indexed memberId);
    /// @notice The member has it again.
    event MemberReinstated(MemberId indexed memberId);
    /// @notice No certificate of the member up to `serial` holds here from now on, whether it was seen here or not.
    event CertificatesRevoked(MemberId indexed memberId, HospitalId indexed hospitalId, uint64 serial);

    /// @notice The predecessor's hospital is known here, as it stood there at the end.
    event HospitalAdopted(HospitalId indexed hospitalId, Hospital hospital);
    /// @notice The predecessor's member is known here, as it stood there at the end. Its certificates are the predecessor's events.
    event MemberAdopted(MemberId indexed memberId, HospitalId indexed hospitalId, Member member);

    error HospitalRegistryInvalidOperator(address operator);
    error HospitalRegistryInvalidChain(uint64 homeChainId);
    error HospitalRegistryAlreadyRegistered(HospitalId hospitalId);
    error HospitalRegistryUnknownHospital(HospitalId hospitalId);
    error HospitalRegistryInactiveHospital(HospitalId hospitalId);
    error HospitalRegistryUnauthorizedOperator(HospitalId hospitalId, address caller);
    error HospitalRegistryForeignHospital(HospitalId hospitalId, uint64 homeChainId);
    error HospitalRegistryLocalHospital(HospitalId hospitalId);
    error HospitalRegistryUnknownMember(MemberId memberId);
    error HospitalRegistryInvalidAccount(address account);
    error HospitalRegistryInvalidSignature(HospitalId hospitalId);
    error HospitalRegistryExpiredCertificate(MemberId memberId, uint64 notAfter);
    error HospitalRegistryStaleSerial(MemberId memberId, uint64 current, uint64 given);

    /// @notice Makes a hospital known here, active, with a limit of zero accesses.
    /// @dev Role: registrar. A hospital that the predecessor knows is adopted, and never registered anew.
    /// @param homeChainId the chain where the hospital enrols its members; this chain for a local hospital
    /// @param maxRequestsPerHour of its members, on each contract that takes them; zero takes none
    function registerHospital(
        HospitalId hospitalId,
        uint64 homeChainId,
        address operator,
        bytes32 parametersDigest,
        uint32 maxRequestsPerHour
    ) external;

    /// @notice Sets how many requests of the hospital's members are taken in one hour. Role: registrar, as it guards others against
    /// the hospital.
    function setMaxRequestsPerHour(HospitalId hospitalId, uint32 maxRequestsPerHour) external;

    /// @notice Hands the hospital to another operator account in the operator's stead, for when its key is lost or stolen. Role:
    /// registrar. What the old key certified stays valid: revoke what it should not have.
    function replaceOperator(HospitalId hospitalId, address operator) external;

    /// @notice Takes from a hospital and all its members the power to act, until it is reinstated. Role: registrar.
    function suspendHospital(HospitalId hospitalId) external;

    /// @notice Ends a suspension. Role: registrar.
    function reinstateHospital(HospitalId hospitalId) external;

    /// @notice Hands the hospital to another operator account. By the operator.
    function rotateOperator(HospitalId hospitalId, address operator) external;

    /// @notice Publishes new public parameters. By the operator.
    function setParameters(HospitalId hospitalId, bytes32 parametersDigest) external;

    /// @notice Sets how often one requester may be granted access to this hospital's records. By the operator.
    function setMaxAccessCount(HospitalId hospitalId, uint32 maxAccessCount) external;

    /// @notice Sets how many requests of one member are taken in one hour, so that no member uses up its hospital's. By the operator. Zero,
    /// as it is at first, stands for half of the hospital's limit, rounded up.
    function setMaxRequestsPerMember(HospitalId hospitalId, uint32 maxRequestsPerMember) external;

    /// @notice Enrols, or with a higher serial renews, a member of a local hospital. Anyone may carry the certificate.
    function enrolMember(
        MemberCertificate calldata certificate,
        bytes calldata signature
    ) external returns (MemberId memberId);

    /// @notice Makes a member of a foreign hospital known here, or renews it. Anyone may carry the certificate.
    function importMember(
        MemberCertificate calldata certificate,
        bytes calldata signature
    ) external returns (MemberId memberId);

    /// @notice Takes from a member the power to act here, until reinstated. By the operator of the member's hospital.
    function suspendMember(MemberId memberId) external;

    /// @notice Ends a member's suspension. By the operator of the member's hospital.
    function reinstateMember(MemberId memberId) external;

    /// @notice Makes void here every certificate of a member up to `serial`, for good, whether the member is known here or not. A later
    /// certificate makes the member active again; `type(uint64).max` bars it for ever. By the hospital's operator, on each chain, even while the
    /// hospital is suspended.
    function revokeCertificates(HospitalId hospitalId, bytes32 pseudonym, uint64 serial) external;

    /// @notice Takes hospitals over from the predecessor, as they stand there. By anyone, once the predecessor has ended; those that are
    /// known here already stay as they are.
    function adoptHospitals(HospitalId[] calldata hospitalIds) external;

    /// @notice As `adoptHospitals`, members: with their accounts, serials and suspensions, so that no certificate is signed anew. A
    /// member that is certified anew here, or whose certificates are revoked, is taken over by that.
    function adoptMembers(MemberId[] calldata memberIds) external;

    /// @notice The hospital; all zero where it is not known.
    function hospital(HospitalId hospitalId) external view returns (Hospital memory);

    /// @notice The member; all zero where it is not known.
    function member(MemberId memberId) external view returns (Member memory);

    /// @notice The hospital as it is here, or else in the latest predecessor that knows it: what a suite that goes on from this one takes over.
    /// @dev Reverts where it is not known here and the predecessor has not ended.
    function hospitalSoFar(HospitalId hospitalId) external view returns (Hospital memory);

    /// @notice As `hospitalSoFar`, a member.
    function memberSoFar(MemberId memberId) external view returns (Member memory);

    /// @notice Who may act for the member now, and where the member is from.
    /// @return account zero unless member and hospital are both known, unexpired and not suspended
    /// @return hospitalId the member's hospital, or zero
    /// @return homeChainId the hospital's home chain, or zero
    function activeMember(
        MemberId memberId
    ) external view returns (address account, HospitalId hospitalId, uint64 homeChainId);

    /// @notice As `activeMember`, with how many requests of the hospital's members, and of this one, are taken in one hour.
    function activeRequester(MemberId memberId) external view returns (Requester memory);

    /// @notice Who may take back what the member gave: the account of its latest certificate, even if that has lapsed or the
    /// hospital is suspended. Zero where the operator suspended the member or revoked its certificates, as the account may be a thief's.
    function lastAccount(MemberId memberId) external view returns (address);

    /// @notice How often one requester may be granted access to the hospital's records; zero where it is not known.
    function maxAccessCountOf(HospitalId hospitalId) external view returns (uint32);

    /// @notice Who may act for the owner and for the requester now, in one call.
    /// @return ownerAccount the account that may act for the owner now, or zero
    /// @return hospitalId the owner's hospital, or zero
    /// @return maxAccessCount of that hospital's records, see `maxAccessCountOf`
    /// @return requesterAccount the account that may act for the requester now, or zero
    function partiesOf(
        MemberId owner,
        MemberId requester
    )
        external
        view
        returns (address ownerAccount, HospitalId hospitalId, uint32 maxAccessCount, address requesterAccount);

    /// @notice The `AccessGrants` of the suite from which this one goes on, or zero.
    function PREDECESSOR() external view returns (IPredecessor); // solhint-disable-line func-name-mixedcase

    /// @notice How many hospitals were registered.
    function hospitalCount() external view returns (uint64);

    /// @notice Up to `count` hospitals in the order of their registration, from the `from`-th on, from zero.
    function hospitals(
        uint64 from,
        uint64 count
    ) external view returns (HospitalId[] memory ids, Hospital[] memory page);

    /// @notice The id of a hospital's member.
    function memberIdOf(HospitalId hospitalId, bytes32 pseudonym) external pure returns (MemberId);

    /// @notice The EIP-712 digest that the hospital's operator signs.
    function certificateDigest(MemberCertificate calldata certificate) external view returns (bytes32);
}
