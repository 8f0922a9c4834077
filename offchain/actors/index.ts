/** Who may hold which secret: the patient's and the doctor's devices, the hospital, and its reverse firewall. */

export {
  type Answer,
  type AnswerMemory,
  type AnswerOptions,
  answerMemory,
  answerRequests,
  type KeptConsent,
} from "./answer-requests.ts";
export type { ConsentUse } from "./approval-call.ts";
export type { ApprovalPart, ApprovalProgress, PayloadFile } from "./approval-progress.ts";
export type { Approval, SignedApproval } from "./approve-request.ts";
export { type CarriedApproval, carryApprovals, MAX_CARRIED } from "./carry-approvals.ts";
export { type CoveredData, classesOf, coveredData, type NotCovered } from "./consented-data.ts";
export { consentKeyOf, DataOwner, type DataOwnerOptions } from "./data-owner.ts";
export {
  DataUser,
  type DataUserOptions,
  type FiledRequest,
  type PreparedRequest,
  type RequestOptions,
} from "./data-user.ts";
export {
  type ChainFrom,
  describeRequest,
  type RequestDescription,
  type RequesterCertificate,
} from "./describe-request.ts";
export { deviceLocked } from "./device-locked.ts";
export { forgetSettled } from "./forget-settled.ts";
export { verifyFragment } from "./fragment-parts.ts";
export { MAX_RECORD_LENGTH, requirePublishableLength } from "./fragment-pieces.ts";
export type { FragmentStore } from "./fragment-store.ts";
export { type CertificateSubject, Hospital, type HospitalOptions } from "./hospital.ts";
export { type HospitalParameters, type KeyScheme, parseHospitalParameters } from "./hospital-parameters.ts";
export { listRecords, type RecordStanding, recordStanding, recordsThatBegin } from "./list-records.ts";
export { type ListedRequest, listDelivered, listFiled } from "./list-requests.ts";
export { type MemberKeys, parseMemberKeys } from "./member-keys.ts";
export type { OpenedRecord, OpenOptions, RecordFacts } from "./open-record.ts";
export type { Owner, OwnerFirewall } from "./owner.ts";
export type { ApprovalStep, ApproveOptions, SentApproval } from "./prepare-approval.ts";
export type { Progress } from "./progress.ts";
export type { PublishedRecord, RecordInput } from "./publish-record.ts";
export type { RekeyedRecord, RekeyOptions } from "./rekey-record.ts";
export { firewallSources, type RelayersOfNow, relayersOfNow } from "./relayer-group.ts";
export { requestTimes } from "./request-times.ts";
export { type CertifiedRequester, fetchRequester } from "./requester.ts";
export type { Resealing } from "./reseal-request.ts";
export {
  type ConsentDraft,
  type ConsentStanding,
  consentIdOn,
  giveConsent,
  listConsents,
  type RevokedConsent,
  revokeConsent,
  standingConsentOf,
} from "./standing-consents.ts";
export type { User } from "./user.ts";
export { type DataUserKeys, makeUserKeys, publishUserKeys } from "./user-keys.ts";
