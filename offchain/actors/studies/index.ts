/** Who does what in a study: the researcher, the key holders, the patients and the compute node, on a chain and IPFS. */

export { decodeReleased, type LackingPatient, releaseStudy, type StudyRelease, sumStudy } from "./compute-node.ts";
export {
  approveStudy,
  checkSum,
  decryptStudy,
  isPartPublished,
  type KeptSum,
  publishKeyShare,
  type StudyHolder,
} from "./holder.ts";
export {
  type ColumnValue,
  type OwnResources,
  type OwnValues,
  ownValues,
  readDocumentResources,
  readOwnResources,
  requireValues,
} from "./own-values.ts";
export { type JoinedStudy, joinStudy, leaveStudy, publishInput, type StudyPatient } from "./patient.ts";
export {
  type JoinObstacle,
  joinObstacle,
  type PatientStanding,
  readPatientStanding,
  requireJoinable,
  type StudyBudget,
} from "./patient-standing.ts";
export { type ProposedTerms, proposeStudy } from "./propose.ts";
export { readStudy, type StudyPlace, type StudyStanding } from "./read-study.ts";
export {
  type PatientSignature,
  type People,
  type ReplayedStudy,
  type ReplayedTerms,
  replayStudies,
  type StudiesReplay,
  type StudyEvent,
  type StudyFinding,
} from "./replay.ts";
export { faultOfRelease, type StudiesAudit, verifyStudies } from "./verify-studies.ts";
