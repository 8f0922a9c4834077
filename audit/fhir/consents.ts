import { type Decision, fromHex32, type Hex32, toHex32 } from "@medexchain/chain";
import { sha256 } from "@medexchain/core";
import { stableUuid } from "@medexchain/fhir";
import { concatBytes } from "@noble/hashes/utils.js";
import type { AccessHistoryEntry, ChainPosition, RecordChange, StudyPart } from "../access-history.ts";
import { instantOf } from "../format/instant.ts";
import { AGENT_TYPES, CONSENT_CATEGORY, CONSENT_SCOPE, PROFILES, purposeCoding } from "./codes.ts";
import {
  type ContractsOf,
  consentIdentifier,
  consentReference,
  contractUri,
  hospitalReference,
  patientReference,
  purposeConcept,
  recordReference,
  requesterReference,
  requestIdentifier,
  studyIdentifier,
  studyReference,
  transactionReference,
} from "./references.ts";
import type { Consent } from "./resources.ts";

/** The records that were revoked, and when. */
export type Revocations = ReadonlyMap<Hex32, ChainPosition>;

/** Decisions that come only after the owner has said yes. */
const AFTER_APPROVAL: ReadonlySet<Decision> = new Set<Decision>([
  "Granted",
  "HospitalLimitReached",
  "RecordLimitReached",
  "RequesterInactive",
  "OwnerInactive",
]);

/** What the owner said of a request: nothing, where it was refused or ended before. */
export function ownersWord({ decisions }: AccessHistoryEntry): "permit" | "deny" | undefined {
  if (decisions.some(({ decision }) => AFTER_APPROVAL.has(decision))) return "permit";
  return decisions.some(({ decision }) => decision === "DeniedByOwner" || decision === "Withdrawn")
    ? "deny"
    : undefined;
}

/**
 * The owner's decision on a request as a Consent (R4, by IHE PCF's intermediate profile): active while it holds; inactive where the
 * grant was withdrawn or the record revoked since; rejected where the owner approved and Algorithm₁ refused. Undefined where the
 * owner decided nothing.
 *
 * @throws CONFIG_INVALID, AUDIT_MISMATCH as `contractUri` and `instantOf` do
 */
export function consentOfDecision(
  entry: AccessHistoryEntry,
  revocations: Revocations,
  contracts: ContractsOf,
): Consent | undefined {
  const [first] = entry.decisions;
  const word = ownersWord(entry);
  if (word === undefined || first === undefined || entry.owner === undefined) return undefined;
  const { requestId, recordId, requester, request, destinationChainId } = entry;
  const coding = purposeConcept(entry).coding;
  return {
    ...consentBase(requestId, entry.owner, entry.ownerHospital, first),
    // What its device approved by a standing consent, the patient signed with that.
    ...(entry.consent !== undefined && { sourceReference: consentReference(entry.consent) }),
    identifier: [consentIdentifier(requestId), requestIdentifier(requestId)],
    status: statusOf(entry, word, revocations),
    policy: [{ uri: contractUri(contracts, destinationChainId, "grants") }],
    provision: {
      type: word,
      period: { start: instantOf(first.timestamp), end: instantOf(request.expiry) },
      actor: [{ role: AGENT_TYPES.recipient, reference: requesterReference(requester) }],
      ...(coding !== undefined && { purpose: coding }),
      data: [{ meaning: "instance", reference: recordReference(recordId) }],
    },
  };
}

/** A revocation as a Consent that denies everyone the record from then on. Undefined where the owner is not known. */
export function consentOfRevocation(change: RecordChange, contracts: ContractsOf): Consent | undefined {
  const { recordId, owner, ownerHospital, at } = change;
  if (change.kind !== "revoked" || owner === undefined) return undefined;
  return {
    ...consentBase(recordId, owner, ownerHospital, at),
    identifier: [consentIdentifier(recordId)],
    status: "active",
    policy: [{ uri: contractUri(contracts, at.chainId, "records") }],
    provision: {
      type: "deny",
      period: { start: instantOf(at.timestamp) },
      data: [{ meaning: "instance", reference: recordReference(recordId) }],
    },
  };
}

/** That a patient takes part in a study, as a Consent: active, or inactive once the patient has left. */
export function consentOfStudyPart(part: StudyPart, contracts: ContractsOf): Consent {
  const { studyId, patient, patientHospital, holders, joined, left } = part;
  const id = toHex32(sha256(concatBytes(fromHex32(studyId), fromHex32(patient))));
  const research = purposeCoding("HRESCH");
  return {
    ...consentBase(id, patient, patientHospital, joined),
    identifier: [consentIdentifier(id), studyIdentifier(studyId)],
    status: left === undefined ? "active" : "inactive",
    policy: [{ uri: contractUri(contracts, joined.chainId, "studies") }],
    provision: {
      type: "permit",
      period: { start: instantOf(joined.timestamp), ...(left && { end: instantOf(left.timestamp) }) },
      // Together they hold the key, and get nothing but the sum.
      ...(holders.length > 0 && {
        actor: holders.map((holder) => ({ role: AGENT_TYPES.recipient, reference: hospitalReference(holder) })),
      }),
      ...(research && { purpose: [research] }),
      data: [{ meaning: "instance", reference: studyReference(studyId) }],
    },
  };
}

function statusOf(entry: AccessHistoryEntry, word: "permit" | "deny", revocations: Revocations): Consent["status"] {
  if (word === "deny") return "active";
  if (!entry.decisions.some(({ decision }) => decision === "Granted")) return "rejected";
  return entry.decision?.decision === "Granted" && !revocations.has(entry.recordId) ? "active" : "inactive";
}

function consentBase(id: Hex32, owner: Hex32, hospital: Hex32 | undefined, at: ChainPosition) {
  return {
    resourceType: "Consent",
    id: stableUuid("Consent", id),
    meta: { profile: [PROFILES.consent] },
    scope: CONSENT_SCOPE,
    category: [CONSENT_CATEGORY],
    patient: patientReference(owner),
    dateTime: instantOf(at.timestamp),
    performer: [patientReference(owner)],
    organization: [hospitalReference(hospital)],
    sourceReference: { type: "DocumentReference", ...transactionReference(at) },
  } as const;
}
