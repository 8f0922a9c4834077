import type { ContractMutation } from "../mutation.ts";

const FILE = "contracts/StudyRegistry.sol";
const killedBy = ["test/contracts/StudyRegistry.test.ts"];

const mutation = (name: string, what: string, from: string, to = "false"): ContractMutation => ({
  name,
  what,
  file: FILE,
  from,
  to,
  killedBy,
});

/** The registry of studies, broken. */
export const STUDIES: readonly ContractMutation[] = [
  mutation(
    "study-share-uncommitted",
    "takes a key share that nobody committed to, chosen by the others'",
    "shareCommitment(studyId, holder_, share) != h.commitment",
  ),
  mutation("study-any-operator", "lets anyone act for a hospital", "h.operator != msg.sender"),
  mutation("study-unsigned", "has patients join without their signature", "if (!isSigned)", "if (false)"),
  mutation(
    "study-left-unsigned",
    "lets anyone take a patient out of a study",
    "_requireSignature(patient, account, structHash, signature);\n\n        p.state = ParticipationState.Withdrawn;",
    "p.state = ParticipationState.Withdrawn;",
  ),
  mutation("study-joined-twice", "counts a patient twice", "p.state != ParticipationState.None"),
  mutation(
    "study-joined-late",
    "lets patients join when inputs are out",
    "_requireDigest(studyId, input);\n        if (block.timestamp >= s.terms.joinEnd)",
    "_requireDigest(studyId, input);\n        if (false)",
  ),
  mutation(
    "study-foreign-patient",
    "takes patients of any hospital",
    "!_isHolder(s.terms.holders, hospitalId)) revert StudyRegistryF",
    "false) revert StudyRegistryF",
  ),
  mutation("study-overfull", "takes more patients than its terms say", "s.cohort >= s.terms.maximumCohort"),
  mutation("study-many-holders", "takes any number of holders", "count > MAX_HOLDERS"),
  mutation("study-large-epsilon", "takes terms with any ε", "terms.epsilonMilli > MAX_EPSILON_MILLI"),
  mutation(
    "study-refund-of-another-year",
    "returns ε of a year that is over",
    "if (usage.year == p.year)",
    "if (true)",
  ),
  mutation("study-count-unlimited", "limits no patient's studies", "usage.studies >= limits.studies"),
  mutation(
    "study-budget-unlimited",
    "takes more of a patient's ε than the year has",
    "uint256(usage.epsilonMilli) + epsilonMilli > limits.epsilonMilli",
  ),
  mutation("study-year-forever", "never begins a year anew", "if (usage.year != year)", "if (false)"),
  mutation(
    "study-leaver-pays",
    "keeps the ε of a patient who left",
    "usage.epsilonMilli -= s.terms.epsilonMilli",
    "usage.epsilonMilli -= 0",
  ),
  mutation(
    "study-sum-keeps-leaver",
    "decrypts a sum with a patient who left",
    "if (s.state == StudyState.Summed) {",
    "if (false) {",
  ),
  mutation(
    "study-left-while-decrypted",
    "changes the cohort when a part of the sum is out",
    "revert StudyRegistryDecryptionBegun(studyId);\n        address account",
    "{}\n        address account",
  ),
  mutation("study-before-its-end", "takes a sum before the study ends", "block.timestamp < s.terms.end"),
  mutation("study-small-cohort", "takes a sum of fewer patients than was promised", "count < s.terms.minimumCohort"),
  mutation("study-invented-cohort", "takes a sum of more patients than take part", "count > s.cohort"),
  mutation("study-other-sum", "takes a part of another sum", "s.sum != sum"),
  mutation("study-decrypted-twice", "takes two parts of one holder", "h.partialDecryption != 0"),
  mutation("study-released-by-some", "releases without each holder", "s.partials != s.terms.holders.length"),
];
