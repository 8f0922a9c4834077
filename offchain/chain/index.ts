export { STORAGE } from "@medexchain/contracts";
export { fromHex32, type Hex32, hex32, toHex32, ZERO_32 } from "@medexchain/core";
export { ABIS } from "./abis.ts";
export {
  AGGREGATE_LENGTH,
  type Aggregate,
  type AggregateShare,
  aggregateOf,
  blsKeyRegistration,
  LAST_AGGREGATE_INDEX,
  readAggregate,
} from "./aggregates.ts";
export {
  addBlsSignatures,
  BLS_POSSESSION_TAG,
  BLS_PUBLIC_KEY_LENGTH,
  BLS_SECRET_KEY_LENGTH,
  BLS_SIGNATURE_LENGTH,
  BLS_SIGNATURE_TAG,
  type BlsTag,
  blsPublicKey,
  deriveBlsKey,
  signBls,
  verifyBls,
} from "./bls.ts";
export { type ChainTimes, chainTime, chainTimes, stateAt } from "./chain-time.ts";
export { type Chain, connectChain } from "./connect.ts";
export {
  ACKNOWLEDGEMENTS,
  type Acknowledgement,
  acknowledgementOf,
  DECISIONS,
  type Decision,
  decisionOf,
  REQUEST_STATES,
  type RequestState,
  requestStateOf,
} from "./decisions.ts";
export {
  addressSchema,
  type Deployment,
  deploymentSchema,
  forEachContract,
} from "./deployment.ts";
export { memberIdOf, nextVersionSalt, pseudonymHash, recordIdOf } from "./ids.ts";
export { chainLogRanges, chainLogs, type LogSpan } from "./log-ranges.ts";
export {
  type AnchoredRecord,
  type AnswerPlace,
  accessRequestOf,
  accessResponseOf,
  type DeliveryPlace,
  findDelivered,
  findRecord,
  findRequest,
  findResponse,
  givenConsentOf,
} from "./logs.ts";
export {
  type Consistency,
  type Inclusion,
  leafHash,
  type MerkleRange,
  type MerkleTree,
  merkleRange,
  merkleTree,
  type RangeStart,
  verifyConsistency,
  verifyInclusion,
} from "./merkle-range.ts";
export {
  appendMessage,
  ledgerSlots,
  type MessageProof,
  messageProof,
  peakAbove,
  peakHeights,
  peakSlot,
  requestMessage,
  responseMessage,
  type SealedHeader,
  sealedHeader,
} from "./message-proofs.ts";
export {
  type AccessRequest,
  type AccessResponse,
  type Attestation,
  type Attestations,
  type AttestationTerms,
  type Authorization,
  answerDigestOf,
  type Checkpoint,
  checkpointDigestOf,
  consentIdOf,
  correctionDigestOf,
  MESSAGE_DOMAINS,
  MESSAGE_TYPES,
  type MemberCertificate,
  noAttestations,
  possessionDigestOf,
  reEncryptionDigestOf,
  requestIdOf,
  responseDigestOf,
  type SignedAuthorization,
  type StandingConsent,
  signAuthorization,
  signCertificate,
  signConsent,
  signRequest,
  type VerifyingContract,
} from "./messages.ts";
export { PURPOSE_CODES, purposeDisplay, purposeText, purposeWords } from "./purposes.ts";
export { refusalText } from "./refusals.ts";
export {
  ContractRefusal,
  chainError,
  decodeRevert,
  isTurnedAway,
  passingRefusal,
  type RefusedCall,
} from "./revert.ts";
export {
  participationDigest,
  STUDY_STATE_NAMES,
  type StudyChain,
  type StudyDomain,
  type StudyParticipation,
  type StudyRegistry,
  type StudyState,
  shareCommitmentOf,
  signParticipation,
  signStudyWithdrawal,
  studyChain,
  studyDomain,
  studyIdOf,
  studyStateOf,
  studyWithdrawalDigest,
} from "./studies.ts";
export { ask, transact } from "./transact.ts";
export { currentVersionOf, type Version } from "./versions.ts";
