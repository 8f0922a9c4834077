// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {HospitalId, MemberId, StudyId} from "../types/Ids.sol";
import {Participation, Study, StudyHolder, StudyLimits, StudyState, StudyTerms, StudyUsage} from "../types/Study.sol";
import {IHospitalRegistry} from "./IHospitalRegistry.sol";

/// @title IStudyRegistry
/// @notice Statistics over encrypted values of patients of several hospitals: who agreed to what, who takes part, and what was released.
interface IStudyRegistry {
    /// @notice A study was proposed. Its terms cannot be changed.
    event StudyProposed(StudyId indexed studyId, address indexed proposer, bytes32 salt, StudyTerms terms);
    /// @notice A key holder approved a study, and committed to its key share.
    event StudyApproved(StudyId indexed studyId, HospitalId indexed holder, bytes32 commitment);
    /// @notice A key holder published its share of the key.
    event StudyShared(StudyId indexed studyId, HospitalId indexed holder, bytes32 share);
    /// @notice The key is complete: patients can take part.
    event StudyOpened(StudyId indexed studyId);
    /// @notice A patient takes part, and committed to its encrypted values.
    /// @param signature of the patient's account
    event StudyJoined(
        StudyId indexed studyId,
        MemberId indexed patient,
        address indexed account,
        bytes32 input,
        bytes signature
    );
    /// @notice A patient does not take part any more. A sum that was there is void.
    /// @param signature of the patient's account
    event StudyLeft(StudyId indexed studyId, MemberId indexed patient, address indexed account, bytes signature);
    /// @notice The compute node says what the sum is of the inputs of so many patients.
    event StudySummed(StudyId indexed studyId, bytes32 sum, uint32 count);
    /// @notice A key holder decrypted its part of the sum, with noise.
    event StudyDecrypted(StudyId indexed studyId, HospitalId indexed holder, bytes32 sum, bytes32 partialDecryption);
    /// @notice The result of a study is out.
    event StudyReleased(StudyId indexed studyId, bytes32 outcome, uint32 count);
    /// @notice Each patient of the hospital may give so much of a year to studies from now on.
    event StudyLimitsSet(HospitalId indexed hospitalId, StudyLimits limits);

    error StudyRegistryInvalidHolders(uint256 count);
    error StudyRegistryRepeatedHolder(HospitalId holder);
    error StudyRegistryInvalidCohort(uint32 minimum, uint32 maximum);
    error StudyRegistryInvalidTimes(uint64 joinEnd, uint64 end);
    error StudyRegistryInvalidEpsilon(uint32 epsilonMilli);
    error StudyRegistryInvalidDigest(StudyId studyId);
    error StudyRegistryAlreadyProposed(StudyId studyId);
    error StudyRegistryWrongState(StudyId studyId, StudyState state);
    error StudyRegistryUnauthorizedOperator(HospitalId hospitalId, address caller);
    error StudyRegistryUnauthorizedComputeNode(StudyId studyId, address caller);
    error StudyRegistryNotHolder(StudyId studyId, HospitalId hospitalId);
    error StudyRegistryAlreadyDone(StudyId studyId, HospitalId holder);
    error StudyRegistryWrongShare(StudyId studyId, HospitalId holder);
    error StudyRegistryJoiningEnded(StudyId studyId, uint64 joinEnd);
    error StudyRegistryNotEnded(StudyId studyId, uint64 end);
    error StudyRegistryInactivePatient(MemberId patient);
    error StudyRegistryForeignPatient(StudyId studyId, MemberId patient);
    error StudyRegistryInvalidSignature(MemberId patient);
    error StudyRegistryAlreadyJoined(StudyId studyId, MemberId patient);
    error StudyRegistryNotJoined(StudyId studyId, MemberId patient);
    error StudyRegistryCohortFull(StudyId studyId, uint32 maximum);
    error StudyRegistryCohortTooSmall(StudyId studyId, uint32 count, uint32 minimum);
    error StudyRegistryCohortTooLarge(StudyId studyId, uint32 count, uint32 cohort);
    error StudyRegistryStudiesExhausted(MemberId patient, uint32 limit);
    error StudyRegistryBudgetExhausted(MemberId patient, uint32 spent, uint32 limit);
    error StudyRegistryDecryptionBegun(StudyId studyId);
    error StudyRegistryOtherSum(StudyId studyId, bytes32 sum);
    error StudyRegistryPartialsMissing(StudyId studyId, uint8 given);

    /// @notice Proposes a study, for good as it is. Anyone may; nothing comes of it without every key holder.
    /// @param salt tells two studies with like terms apart
    function propose(StudyTerms calldata terms, bytes32 salt) external returns (StudyId studyId);

    /// @notice Approves a study as a key holder, and commits to the share of the key. Sender: the hospital's operator.
    /// @param commitment see `shareCommitment`
    function approve(StudyId studyId, HospitalId holder, bytes32 commitment) external;

    /// @notice Publishes the share that was committed to, once all have committed. Sender: the hospital's operator.
    /// @dev Else the last could choose its share by the others', so that it alone had the whole key.
    /// @param share SHA-256 digest of the share
    function publishShare(StudyId studyId, HospitalId holder, bytes32 share) external;

    /// @notice Takes part, by the signature of the patient's account; anyone may bring it.
    /// @dev The patient shows what it committed to only after `joinEnd`: so nobody can join with a copy, or a multiple, of another's values.
    /// @param input SHA-256 digest of the encrypted values
    function join(StudyId studyId, MemberId patient, bytes32 input, bytes calldata signature) external;

    /// @notice Takes part no more, by the signature of the patient's account, until the first key holder has decrypted. What it paid of the
    /// budget of this year is returned; the study stays counted.
    function withdraw(StudyId studyId, MemberId patient, bytes calldata signature) external;

    /// @notice Says what the sum is, from the study's end on; a later one replaces it until the first key holder has decrypted.
    /// @param sum SHA-256 digest of the sum with the list of its inputs
    /// @param count of patients in it
    function submitSum(StudyId studyId, bytes32 sum, uint32 count) external;

    /// @notice Decrypts the sum in part, once and for good. Sender: the hospital's operator.
    /// @param sum that was decrypted, which must be the one that stands
    /// @param partialDecryption SHA-256 digest
    function submitPartial(StudyId studyId, HospitalId holder, bytes32 sum, bytes32 partialDecryption) external;

    /// @notice Says what all partial decryptions give. Sender: the compute node; everyone can compute it again.
    /// @param outcome SHA-256 digest of the released sums
    function release(StudyId studyId, bytes32 outcome) external;

    /// @notice Sets how much of a year each patient of the hospital may give to studies; nothing until then. Sender: its operator.
    function setLimits(HospitalId hospitalId, StudyLimits calldata limits) external;

    /// @notice Says who is who.
    function HOSPITALS() external view returns (IHospitalRegistry);

    /// @notice A study, or one of state `None`.
    function study(StudyId studyId) external view returns (Study memory);

    /// @notice What a key holder has done for a study.
    function holder(StudyId studyId, HospitalId hospitalId) external view returns (StudyHolder memory);

    /// @notice A patient's part in a study.
    function participation(StudyId studyId, MemberId patient) external view returns (Participation memory);

    /// @notice How much of a year each of the hospital's patients may give to studies.
    function limitsOf(HospitalId hospitalId) external view returns (StudyLimits memory);

    /// @notice What a patient has given to studies this year.
    function usageOf(MemberId patient) external view returns (StudyUsage memory);

    /// @notice The id of a study that is proposed so.
    function studyIdOf(address proposer, bytes32 salt, StudyTerms calldata terms) external view returns (StudyId);

    /// @notice What a holder commits to: `keccak256(abi.encode(studyId, holder, share))`.
    function shareCommitment(StudyId studyId, HospitalId holder, bytes32 share) external pure returns (bytes32);
}
