/** Statistics over encrypted values of many patients, which the key holders open together and none alone. No network code; Node and browsers alike. */

export { combinePartials, type ReleasedSums } from "./combine.ts";
export { discreteLaplace, type NoiseScale } from "./discrete-laplace.ts";
export { type InputEncryptor, openJointKey } from "./joint-key.ts";
export { deriveHolderKey, keyShare } from "./key-share.ts";
export { type Layout, layoutOf, type SlotGroup } from "./layout.ts";
export { encodeSums, type Matching, type Outcome, type OutcomeFigure, outcomeOf } from "./outcome.ts";
export { MAX_COHORT, MAX_HOLDERS, type StudyParameters, studyParameters } from "./parameters.ts";
export { type DecryptOptions, type PartialOptions, partialDecryption } from "./partial-decryption.ts";
export { planStudy, type Study, type StudyPlan } from "./plan.ts";
export {
  type Column,
  type Condition,
  checkQuestion,
  decodeQuestion,
  encodeQuestion,
  filterColumnsOf,
  type NumberColumn,
  type Question,
  type Statistic,
} from "./question.ts";
export { matchesFilter, neededColumns, rowOf, type Values } from "./row.ts";
export { checkInput, decodeSum, type StudyInput, type StudyInputs, type StudySum, sumInputs } from "./sum.ts";
