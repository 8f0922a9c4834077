// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IHospitalRegistry} from "./interfaces/IHospitalRegistry.sol";
import {IStudyRegistry} from "./interfaces/IStudyRegistry.sol";
import {Messages} from "./libraries/Messages.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Succession} from "./libraries/Succession.sol";
import {Hospital, HospitalStatus} from "./types/Identity.sol";
import {HospitalId, MemberId, StudyId} from "./types/Ids.sol";
import {
    Participation,
    ParticipationState,
    Study,
    StudyHolder,
    StudyLimits,
    StudyState,
    StudyTerms,
    StudyUsage
} from "./types/Study.sol";

/// @title StudyRegistry
/// @notice Statistics over encrypted values of patients of several hospitals: who agreed to what, who takes part, and what was released.
/// @dev It holds digests alone. Participation is counted as Algorithm₁ counts accesses: by a limit of each patient's hospital, per year; and each
/// pays the study's ε from a budget of the year, so that studies whose cohorts differ by one patient cost everyone who is in both.
contract StudyRegistry is EIP712, IStudyRegistry {
    /// @notice More key holders than anyone has asked for.
    uint256 public constant MAX_HOLDERS = 8;

    /// @notice The most patients of one study: its ring is made for no more.
    uint32 public constant MAX_COHORT = 100_000;

    /// @notice The most that a study may ask of the budget, in thousandths of ε.
    uint32 public constant MAX_EPSILON_MILLI = 20_000;

    /// @inheritdoc IStudyRegistry
    IHospitalRegistry public immutable HOSPITALS;

    mapping(StudyId studyId => Study study) private _studies;
    mapping(StudyId studyId => mapping(HospitalId hospitalId => StudyHolder holder)) private _holders;
    mapping(StudyId studyId => mapping(MemberId patient => Participation participation)) private _participations;
    mapping(HospitalId hospitalId => StudyLimits limits) private _limits;
    mapping(MemberId patient => StudyUsage usage) private _usages;

    constructor(IHospitalRegistry hospitals) EIP712(Messages.STUDY_REGISTRY, Messages.VERSION) {
        HOSPITALS = hospitals;
    }

    modifier onlyOperator(HospitalId hospitalId) {
        Hospital memory h = HOSPITALS.hospital(hospitalId);
        if (h.status != HospitalStatus.Active || h.operator != msg.sender) {
            revert StudyRegistryUnauthorizedOperator(hospitalId, msg.sender);
        }
        _;
    }

    /// @inheritdoc IStudyRegistry
    function propose(StudyTerms calldata terms, bytes32 salt) external returns (StudyId studyId) {
        Succession.requireUnsealed(IAccessManaged(address(HOSPITALS)).authority());
        studyId = studyIdOf(msg.sender, salt, terms);
        _requireValid(studyId, terms);
        Study storage s = _studies[studyId];
        if (s.state != StudyState.None) revert StudyRegistryAlreadyProposed(studyId);
        s.proposer = msg.sender;
        s.state = StudyState.Proposed;
        s.terms = terms;
        emit StudyProposed(studyId, msg.sender, salt, terms);
    }

    /// @inheritdoc IStudyRegistry
    function approve(StudyId studyId, HospitalId holder_, bytes32 commitment) external onlyOperator(holder_) {
        Study storage s = _requireState(studyId, StudyState.Proposed);
        StudyHolder storage h = _requireHolder(studyId, s, holder_);
        _requireDigest(studyId, commitment);
        if (block.timestamp >= s.terms.joinEnd) revert StudyRegistryJoiningEnded(studyId, s.terms.joinEnd);
        if (h.commitment != 0) revert StudyRegistryAlreadyDone(studyId, holder_);
        h.commitment = commitment;
        if (++s.approvals == s.terms.holders.length) s.state = StudyState.Approved;
        emit StudyApproved(studyId, holder_, commitment);
    }

    /// @inheritdoc IStudyRegistry
    function publishShare(StudyId studyId, HospitalId holder_, bytes32 share) external onlyOperator(holder_) {
        Study storage s = _requireState(studyId, StudyState.Approved);
        StudyHolder storage h = _requireHolder(studyId, s, holder_);
        if (h.share != 0) revert StudyRegistryAlreadyDone(studyId, holder_);
        if (shareCommitment(studyId, holder_, share) != h.commitment) revert StudyRegistryWrongShare(studyId, holder_);
        h.share = share;
        emit StudyShared(studyId, holder_, share);
        if (++s.shares == s.terms.holders.length) {
            s.state = StudyState.Open;
            emit StudyOpened(studyId);
        }
    }

    /// @inheritdoc IStudyRegistry
    function join(StudyId studyId, MemberId patient, bytes32 input, bytes calldata signature) external {
        Study storage s = _requireState(studyId, StudyState.Open);
        _requireDigest(studyId, input);
        if (block.timestamp >= s.terms.joinEnd) revert StudyRegistryJoiningEnded(studyId, s.terms.joinEnd);
        (address account, HospitalId hospitalId, ) = HOSPITALS.activeMember(patient);
        if (account == address(0)) revert StudyRegistryInactivePatient(patient);
        if (!_isHolder(s.terms.holders, hospitalId)) revert StudyRegistryForeignPatient(studyId, patient);
        bytes32 structHash = keccak256(abi.encode(Messages.STUDY_PARTICIPATION_TYPEHASH, studyId, patient, input));
        _requireSignature(patient, account, structHash, signature);

        Participation storage p = _participations[studyId][patient];
        if (p.state != ParticipationState.None) revert StudyRegistryAlreadyJoined(studyId, patient);
        if (s.cohort >= s.terms.maximumCohort) revert StudyRegistryCohortFull(studyId, s.terms.maximumCohort);
        p.input = input;
        p.state = ParticipationState.Joined;
        p.year = _pay(patient, hospitalId, s.terms.epsilonMilli);
        ++s.cohort;
        emit StudyJoined(studyId, patient, account, input, signature);
    }

    /// @inheritdoc IStudyRegistry
    function withdraw(StudyId studyId, MemberId patient, bytes calldata signature) external {
        Study storage s = _studies[studyId];
        Participation storage p = _participations[studyId][patient];
        if (p.state != ParticipationState.Joined) revert StudyRegistryNotJoined(studyId, patient);
        if (s.partials != 0) revert StudyRegistryDecryptionBegun(studyId);
        address account = HOSPITALS.lastAccount(patient);
        bytes32 structHash = keccak256(abi.encode(Messages.STUDY_WITHDRAWAL_TYPEHASH, studyId, patient));
        _requireSignature(patient, account, structHash, signature);

        p.state = ParticipationState.Withdrawn;
        --s.cohort;
        if (s.state == StudyState.Summed) {
            s.state = StudyState.Open;
            s.sum = 0;
            s.summed = 0;
        }
        StudyUsage storage usage = _usages[patient];
        if (usage.year == p.year) usage.epsilonMilli -= s.terms.epsilonMilli;
        emit StudyLeft(studyId, patient, account, signature);
    }

    /// @inheritdoc IStudyRegistry
    function submitSum(StudyId studyId, bytes32 sum, uint32 count) external {
        Study storage s = _studies[studyId];
        if (s.state != StudyState.Open && s.state != StudyState.Summed) {
            revert StudyRegistryWrongState(studyId, s.state);
        }
        if (s.terms.computeNode != msg.sender) revert StudyRegistryUnauthorizedComputeNode(studyId, msg.sender);
        _requireDigest(studyId, sum);
        if (block.timestamp < s.terms.end) revert StudyRegistryNotEnded(studyId, s.terms.end);
        if (s.partials != 0) revert StudyRegistryDecryptionBegun(studyId);
        if (count < s.terms.minimumCohort) {
            revert StudyRegistryCohortTooSmall(studyId, count, s.terms.minimumCohort);
        }
        if (count > s.cohort) revert StudyRegistryCohortTooLarge(studyId, count, s.cohort);
        s.state = StudyState.Summed;
        s.sum = sum;
        s.summed = count;
        emit StudySummed(studyId, sum, count);
    }

    /// @inheritdoc IStudyRegistry
    function submitPartial(
        StudyId studyId,
        HospitalId holder_,
        bytes32 sum,
        bytes32 partialDecryption
    ) external onlyOperator(holder_) {
        Study storage s = _requireState(studyId, StudyState.Summed);
        StudyHolder storage h = _requireHolder(studyId, s, holder_);
        _requireDigest(studyId, partialDecryption);
        if (s.sum != sum) revert StudyRegistryOtherSum(studyId, s.sum);
        if (h.partialDecryption != 0) revert StudyRegistryAlreadyDone(studyId, holder_);
        h.partialDecryption = partialDecryption;
        ++s.partials;
        emit StudyDecrypted(studyId, holder_, sum, partialDecryption);
    }

    /// @inheritdoc IStudyRegistry
    function release(StudyId studyId, bytes32 outcome) external {
        Study storage s = _requireState(studyId, StudyState.Summed);
        if (s.terms.computeNode != msg.sender) revert StudyRegistryUnauthorizedComputeNode(studyId, msg.sender);
        _requireDigest(studyId, outcome);
        if (s.partials != s.terms.holders.length) revert StudyRegistryPartialsMissing(studyId, s.partials);
        s.state = StudyState.Released;
        s.outcome = outcome;
        emit StudyReleased(studyId, outcome, s.summed);
    }

    /// @inheritdoc IStudyRegistry
    function setLimits(HospitalId hospitalId, StudyLimits calldata limits) external onlyOperator(hospitalId) {
        StudyLimits storage current = _limits[hospitalId];
        if (current.studies == limits.studies && current.epsilonMilli == limits.epsilonMilli) return;
        _limits[hospitalId] = limits;
        emit StudyLimitsSet(hospitalId, limits);
    }

    /// @inheritdoc IStudyRegistry
    function study(StudyId studyId) external view returns (Study memory) {
        return _studies[studyId];
    }

    /// @inheritdoc IStudyRegistry
    function holder(StudyId studyId, HospitalId hospitalId) external view returns (StudyHolder memory) {
        return _holders[studyId][hospitalId];
    }

    /// @inheritdoc IStudyRegistry
    function participation(StudyId studyId, MemberId patient) external view returns (Participation memory) {
        return _participations[studyId][patient];
    }

    /// @inheritdoc IStudyRegistry
    function limitsOf(HospitalId hospitalId) external view returns (StudyLimits memory) {
        return _limits[hospitalId];
    }

    /// @inheritdoc IStudyRegistry
    function usageOf(MemberId patient) external view returns (StudyUsage memory) {
        return _currentUsage(patient);
    }

    /// @inheritdoc IStudyRegistry
    function studyIdOf(address proposer, bytes32 salt, StudyTerms calldata terms) public view returns (StudyId) {
        return StudyId.wrap(keccak256(abi.encode(block.chainid, address(this), proposer, salt, terms)));
    }

    /// @inheritdoc IStudyRegistry
    function shareCommitment(StudyId studyId, HospitalId holder_, bytes32 share) public pure returns (bytes32) {
        return keccak256(abi.encode(studyId, holder_, share));
    }

    /// @dev Counts one study, and takes its ε, of the patient's year; reverts where either is used up, and so always under limits that were
    /// never set.
    function _pay(MemberId patient, HospitalId hospitalId, uint32 epsilonMilli) private returns (uint32 year) {
        StudyLimits memory limits = _limits[hospitalId];
        StudyUsage memory usage = _currentUsage(patient);
        if (usage.studies >= limits.studies) revert StudyRegistryStudiesExhausted(patient, limits.studies);
        if (uint256(usage.epsilonMilli) + epsilonMilli > limits.epsilonMilli) {
            revert StudyRegistryBudgetExhausted(patient, usage.epsilonMilli, limits.epsilonMilli);
        }
        ++usage.studies;
        usage.epsilonMilli += epsilonMilli;
        _usages[patient] = usage;
        return usage.year;
    }

    function _currentUsage(MemberId patient) private view returns (StudyUsage memory usage) {
        uint32 year = uint32(block.timestamp / 365 days);
        usage = _usages[patient];
        if (usage.year != year) usage = StudyUsage({year: year, studies: 0, epsilonMilli: 0});
    }

    function _requireState(StudyId studyId, StudyState state) private view returns (Study storage s) {
        s = _studies[studyId];
        if (s.state != state) revert StudyRegistryWrongState(studyId, s.state);
    }

    function _requireHolder(
        StudyId studyId,
        Study storage s,
        HospitalId hospitalId
    ) private view returns (StudyHolder storage) {
        if (!_isHolder(s.terms.holders, hospitalId)) revert StudyRegistryNotHolder(studyId, hospitalId);
        return _holders[studyId][hospitalId];
    }

    function _isHolder(HospitalId[] memory holders, HospitalId hospitalId) private pure returns (bool) {
        for (uint256 i = 0; i < holders.length; ++i) {
            if (HospitalId.unwrap(holders[i]) == HospitalId.unwrap(hospitalId)) return true;
        }
        return false;
    }

    function _requireSignature(
        MemberId patient,
        address account,
        bytes32 structHash,
        bytes calldata signature
    ) private view {
        bool isSigned = account != address(0) && Signatures.isValid(account, _hashTypedDataV4(structHash), signature);
        if (!isSigned) revert StudyRegistryInvalidSignature(patient);
    }

    function _requireValid(StudyId studyId, StudyTerms calldata terms) private view {
        uint256 count = terms.holders.length;
        if (count < 2 || count > MAX_HOLDERS) revert StudyRegistryInvalidHolders(count);
        for (uint256 i = 1; i < count; ++i) {
            // Ascending, so that none is there twice, and every party adds in the same order.
            if (HospitalId.unwrap(terms.holders[i - 1]) >= HospitalId.unwrap(terms.holders[i])) {
                revert StudyRegistryRepeatedHolder(terms.holders[i]);
            }
        }
        _requireDigest(studyId, terms.question);
        if (terms.minimumCohort < 2 || terms.maximumCohort < terms.minimumCohort || terms.maximumCohort > MAX_COHORT) {
            revert StudyRegistryInvalidCohort(terms.minimumCohort, terms.maximumCohort);
        }
        if (terms.joinEnd <= block.timestamp || terms.end <= terms.joinEnd) {
            revert StudyRegistryInvalidTimes(terms.joinEnd, terms.end);
        }
        if (terms.epsilonMilli == 0 || terms.epsilonMilli > MAX_EPSILON_MILLI) {
            revert StudyRegistryInvalidEpsilon(terms.epsilonMilli);
        }
    }

    function _requireDigest(StudyId studyId, bytes32 digest) private pure {
        if (digest == 0) revert StudyRegistryInvalidDigest(studyId);
    }
}
