import { stableUuid } from "@medexchain/fhir";
import type { AccessHistoryEntry, ChainPosition, LoggedDecision } from "../access-history.ts";
import { instantOf } from "../format/instant.ts";
import {
  AGENT_TYPES,
  ENTITY_ROLES,
  ENTITY_TYPES,
  EVENT_SUBTYPES,
  EVENT_TYPES,
  PROFILES,
  SOURCE_TYPES,
} from "./codes.ts";
import { ownersWord } from "./consents.ts";
import {
  type ContractsOf,
  consentReference,
  contractUri,
  deviceReference,
  hospitalReference,
  patientReference,
  purposeConcept,
  recordReference,
  requesterReference,
  transactionReference,
} from "./references.ts";
import type { AuditEvent, AuditEventAgent, AuditEventEntity, CodeableConcept } from "./resources.ts";

/**
 * What happened to a request, as FHIR R4 AuditEvents in the order of the protocol. One patient per event. Each follows a profile of
 * IHE's Basic Audit Log Patterns where one fits, and names it: the decision (`AuthZconsent`), the disclosure on either side
 * (`PrivacyDisclosure.Source`, `.Recipient`), the opened record (`PatientRead`). What no profile describes is an AuditEvent of R4
 * alone: the request itself, a request without an answer, a disputed record, a decision without a patient or a consent to refer to.
 * The hash of the transaction is the entity of type X-Request-Id; where `AuthZconsent` closes its entities, a detail of the consent.
 *
 * @param contracts of both chains of the request
 * @throws CONFIG_INVALID when a chain is not among `contracts`; AUDIT_MISMATCH when a time is none
 */
export function auditEventsOf(entry: AccessHistoryEntry, contracts: ContractsOf): AuditEvent[] {
  const sides = sidesOf(entry, contracts);
  const events: AuditEvent[] = [];
  const asked = entry.requested ?? entry.delivered;
  if (asked !== undefined) events.push(requestEvent(entry, asked, sides));
  for (const decision of entry.decisions) events.push(decisionEvent(entry, decision, sides));
  if (entry.answer?.decision === "Granted") events.push(disclosure(entry, entry.answer, "source", sides));
  if (entry.response?.decision === "Granted") events.push(disclosure(entry, entry.response, "recipient", sides));
  if (entry.acknowledgement !== undefined) events.push(readEvent(entry, entry.acknowledgement, sides));
  if (entry.expired !== undefined) {
    events.push({
      ...requestEvent(entry, entry.expired, sides),
      id: stableUuid("AuditEvent", "expired", entry.requestId),
      outcome: "4",
      outcomeDesc: "no answer arrived in time",
    });
  }
  return events;
}

/** The contracts on both sides, as URIs. */
interface Sides {
  readonly owner: string;
  readonly requester: string;
}

const sidesOf = (entry: AccessHistoryEntry, contracts: ContractsOf): Sides => ({
  owner: contractUri(contracts, entry.destinationChainId, "grants"),
  requester: contractUri(contracts, entry.sourceChainId, "requests"),
});

/** A contract as an agent. */
const serverAgent = (type: CodeableConcept, uri: string): AuditEventAgent => ({
  type,
  who: deviceReference(uri),
  requestor: false,
  network: { address: uri, type: "5" },
});

function userAgent(entry: AccessHistoryEntry): AuditEventAgent {
  const { requester } = entry;
  const purposeOfUse = [purposeConcept(entry)];
  return { type: AGENT_TYPES.recipient, who: requesterReference(requester), requestor: true, purposeOfUse };
}

const patientEntity = ({ owner }: AccessHistoryEntry): AuditEventEntity[] =>
  owner === undefined ? [] : [{ what: patientReference(owner), type: ENTITY_TYPES.person, role: ENTITY_ROLES.patient }];

const transactionEntity = (at: ChainPosition): AuditEventEntity => ({
  what: transactionReference(at),
  type: ENTITY_TYPES.transaction,
});

const recordEntity = (entry: AccessHistoryEntry, at: ChainPosition): AuditEventEntity => ({
  what: recordReference(entry.recordId),
  type: ENTITY_TYPES.object,
  role: ENTITY_ROLES.domainResource,
  detail: details({ request: entry.requestId, block: at.block, logIndex: at.logIndex }),
});

function details(values: Record<string, string | number | bigint>) {
  return Object.entries(values).map(([type, value]) => ({ type, valueString: String(value) }));
}

function requestEvent(entry: AccessHistoryEntry, at: ChainPosition, sides: Sides): AuditEvent {
  return {
    resourceType: "AuditEvent",
    id: stableUuid("AuditEvent", "request", entry.requestId),
    type: EVENT_TYPES.query,
    action: "E",
    recorded: instantOf(at.timestamp),
    outcome: "0",
    purposeOfEvent: [purposeConcept(entry)],
    agent: [serverAgent(AGENT_TYPES.application, sides.requester), userAgent(entry)],
    source: {
      observer: deviceReference(at.chainId === entry.sourceChainId ? sides.requester : sides.owner),
      type: [SOURCE_TYPES.applicationServer],
    },
    entity: [...patientEntity(entry), recordEntity(entry, at), transactionEntity(at)],
  };
}

function decisionEvent(entry: AccessHistoryEntry, decided: LoggedDecision, sides: Sides): AuditEvent {
  const { decision, hospitalCount, hospitalLimit, recordCount, recordLimit } = decided;
  // A revoked record is refused by its owner's revocation, which is a Consent of its own.
  const consentId =
    decision === "RecordRevoked" ? entry.recordId : ownersWord(entry) === undefined ? undefined : entry.requestId;
  const consent: AuditEventEntity | undefined =
    consentId === undefined || entry.owner === undefined
      ? undefined
      : {
          what: consentReference(consentId),
          type: ENTITY_TYPES.consent,
          detail: details({
            "X-Request-Id": decided.transactionHash,
            request: entry.requestId,
            record: entry.recordId,
            ledgerEntry: decided.index,
            ...(entry.consent !== undefined && { standingConsent: entry.consent }),
          }),
        };
  return {
    resourceType: "AuditEvent",
    id: stableUuid("AuditEvent", "decision", entry.requestId, String(decided.index)),
    ...(consent !== undefined && { meta: { profile: [PROFILES.authorization] } }),
    type: EVENT_TYPES.securityAlert,
    subtype: [EVENT_SUBTYPES.consentDecision],
    action: "E",
    recorded: instantOf(decided.timestamp),
    outcome: decision === "Granted" ? "0" : "8",
    outcomeDesc: `${decision}: ${hospitalCount} of ${hospitalLimit} at the hospital, ${recordCount} of ${recordLimit} of the record`,
    purposeOfEvent: [purposeConcept(entry)],
    agent: [
      { type: AGENT_TYPES.authorizationServer, who: deviceReference(sides.owner), requestor: false },
      serverAgent(AGENT_TYPES.application, sides.requester),
      userAgent(entry),
      { type: AGENT_TYPES.provider, who: hospitalReference(entry.requesterHospital), requestor: false },
    ],
    source: { observer: deviceReference(sides.owner), type: [SOURCE_TYPES.securityServer] },
    entity: [
      ...patientEntity(entry),
      ...(consent === undefined ? [recordEntity(entry, decided), transactionEntity(decided)] : [consent]),
    ],
  };
}

/** The same disclosure, as the contract that answers or the one that is answered records it. */
function disclosure(
  entry: AccessHistoryEntry,
  at: ChainPosition,
  side: "source" | "recipient",
  sides: Sides,
): AuditEvent {
  const isSource = side === "source";
  const profile = isSource ? PROFILES.disclosureSource : PROFILES.disclosureRecipient;
  return {
    resourceType: "AuditEvent",
    id: stableUuid("AuditEvent", side, entry.requestId),
    ...(entry.owner !== undefined && { meta: { profile: [profile] } }),
    type: isSource ? EVENT_TYPES.export : EVENT_TYPES.import,
    subtype: [EVENT_SUBTYPES.disclose],
    action: isSource ? "R" : "C",
    recorded: instantOf(at.timestamp),
    outcome: "0",
    purposeOfEvent: [purposeConcept(entry)],
    agent: [
      serverAgent(AGENT_TYPES.source, sides.owner),
      serverAgent(AGENT_TYPES.destination, sides.requester),
      { type: AGENT_TYPES.custodian, who: hospitalReference(entry.ownerHospital), requestor: false },
      ...(entry.owner === undefined
        ? []
        : [{ type: AGENT_TYPES.patientAdvocate, who: patientReference(entry.owner), requestor: false }]),
      userAgent(entry),
    ],
    source: {
      observer: deviceReference(isSource ? sides.owner : sides.requester),
      type: [SOURCE_TYPES.applicationServer],
    },
    entity: [...patientEntity(entry), recordEntity(entry, at), transactionEntity(at)],
  };
}

function readEvent(
  entry: AccessHistoryEntry,
  at: NonNullable<AccessHistoryEntry["acknowledgement"]>,
  sides: Sides,
): AuditEvent {
  // The profile is for what was read; a record that did not open was not.
  const opened = at.acknowledgement === "Opened";
  return {
    resourceType: "AuditEvent",
    id: stableUuid("AuditEvent", "read", entry.requestId),
    ...(opened && entry.owner !== undefined && { meta: { profile: [PROFILES.patientRead] } }),
    type: EVENT_TYPES.rest,
    subtype: [EVENT_SUBTYPES.read],
    action: "R",
    recorded: instantOf(at.timestamp),
    outcome: opened ? "0" : "8",
    ...(!opened && { outcomeDesc: "the requester says that the record did not open, or is not what it should be" }),
    agent: [
      serverAgent(AGENT_TYPES.source, sides.owner),
      serverAgent(AGENT_TYPES.destination, sides.requester),
      userAgent(entry),
    ],
    source: { observer: deviceReference(sides.requester), type: [SOURCE_TYPES.applicationServer] },
    entity: [...patientEntity(entry), recordEntity(entry, at), transactionEntity(at)],
  };
}
