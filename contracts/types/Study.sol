// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {HospitalId} from "./Ids.sol";

/// @dev Where a study stands. Zero is no study.
enum StudyState {
    None,
    /// Not every key holder has approved it, with a commitment to its share of the key.
    Proposed,
    /// All have; not every share is out.
    Approved,
    /// The key is complete: patients take part until `joinEnd`, and a sum is made from `end` on.
    Open,
    /// There is a sum, which the key holders may decrypt, each its part.
    Summed,
    /// The result is out.
    Released
}

/// @dev What a study is. Nobody can change it once it is proposed.
struct StudyTerms {
    /// SHA-256 digest of the question: columns, statistic, and what patients are told.
    bytes32 question;
    /// Each has a share of the key; nothing is decrypted without all of them.
    HospitalId[] holders;
    /// Makes the sum, which everyone can make again, and tells the result, which everyone can compute again; that it does so at all is trusted.
    address computeNode;
    /// Patients in the sum, at least.
    uint32 minimumCohort;
    /// Patients who may take part, at most.
    uint32 maximumCohort;
    /// Unix seconds; from this second on nobody joins, and those who did publish what they committed to.
    uint64 joinEnd;
    /// Unix seconds; from this second on a sum is made.
    uint64 end;
    /// Thousandths of ε, which everyone who takes part pays.
    uint32 epsilonMilli;
}

/// @dev What one key holder has done for a study.
struct StudyHolder {
    /// To its key share, see `shareCommitment`.
    bytes32 commitment;
    /// SHA-256 digest of its key share.
    bytes32 share;
    /// SHA-256 digest of its partial decryption.
    bytes32 partialDecryption;
}

enum ParticipationState {
    None,
    Joined,
    /// For good: what was signed to join cannot be used again.
    Withdrawn
}

/// @dev One patient's part in a study.
struct Participation {
    /// SHA-256 digest of its encrypted values.
    bytes32 input;
    ParticipationState state;
    /// In which its ε was paid: Unix time in units of 365 days.
    uint32 year;
}

/// @dev How much of a year one patient has given to studies.
struct StudyUsage {
    uint32 year;
    uint32 studies;
    /// Thousandths of ε.
    uint32 epsilonMilli;
}

/// @dev How much of a year a hospital's patients may give to studies, each.
struct StudyLimits {
    uint32 studies;
    /// Thousandths of ε.
    uint32 epsilonMilli;
}

/// @dev A study as it stands.
struct Study {
    address proposer;
    StudyState state;
    /// Key holders that have approved, published their share, and their partial decryption.
    uint8 approvals;
    uint8 shares;
    uint8 partials;
    /// Patients who take part now.
    uint32 cohort;
    /// Patients in the sum.
    uint32 summed;
    /// SHA-256 digest of the sum with the list of its inputs.
    bytes32 sum;
    /// SHA-256 digest of the released sums.
    bytes32 outcome;
    StudyTerms terms;
}
