/**
 * The rules of the profiles that exports claim, path by path, as IHE publishes them (Basic Audit Log Patterns 1.1, Privacy Consent on
 * FHIR 1.1). A slice is an element whose discriminator has one value; its rules are below its name.
 */
import {
  AGENT_TYPES,
  ENTITY_ROLES,
  ENTITY_TYPES,
  EVENT_SUBTYPES,
  EVENT_TYPES,
  PROFILES,
} from "../../../audit/fhir/codes.ts";
import type { CodeableConcept, Coding } from "../../../audit/fhir/resources.ts";

/** A fixed value of the element, or an expression that must hold of it. */
export type Rule = readonly [
  path: string,
  rule:
    | `${number}..${number | "*"}`
    | Coding
    | CodeableConcept
    | boolean
    | { readonly code: string }
    | { readonly holds: string },
];

export interface Profile {
  readonly url: string;
  readonly type: "AuditEvent" | "Consent";
  readonly rules: readonly Rule[];
  /** Lists in which nothing but the slices may stand. */
  readonly closed?: readonly string[];
}

/** The audit source is this agent too. Equivalence, for the validator takes two references in different places for unequal. */
const isSource = { holds: "who ~ %resource.source.observer" };

const patient: readonly Rule[] = [
  ["entity:patient", "1..1"],
  ["entity:patient.type", ENTITY_TYPES.person],
  ["entity:patient.role", ENTITY_ROLES.patient],
  ["entity:patient.role", "1..1"],
  ["entity:patient.what", "1..1"],
  ["entity:patient.what", { holds: "type = 'Patient' or reference.startsWith('Patient/')" }],
];

const absent = (slice: string, ...names: string[]): Rule[] => names.map((name) => [`${slice}.${name}`, "0..0"]);

const authorization: Profile = {
  url: PROFILES.authorization,
  type: "AuditEvent",
  closed: ["entity"],
  rules: [
    ["modifierExtension", "0..0"],
    ["type", EVENT_TYPES.securityAlert],
    ["subtype", "1..*"],
    [
      "subtype",
      {
        holds: `system = '${EVENT_SUBTYPES.consentDecision.system}' and (code = 'AuthZ-Consent' or code = 'AuthZ-Role')`,
      },
    ],
    ["action", { code: "E" }],
    ["outcome", "1..1"],
    ["agent", "2..*"],
    ["agent:client", "1..1"],
    ["agent:client.type", AGENT_TYPES.application],
    ["agent:client.who", "1..1"],
    ["agent:client.network", "1..1"],
    ...absent("agent:client", "role", "altId", "name", "location", "media", "purposeOfUse"),
    ["agent:user", "1..1"],
    ["agent:user.type", AGENT_TYPES.recipient],
    ["agent:user.who", "1..1"],
    ["agent:user.requestor", true],
    ...absent("agent:user", "altId", "location", "media", "network"),
    ["agent:userorg", "1..1"],
    ["agent:userorg.type", AGENT_TYPES.provider],
    ["agent:userorg.who", "1..1"],
    ["agent:userorg.requestor", false],
    ...absent("agent:userorg", "role", "altId", "name", "location", "policy", "media", "network"),
    ["agent:authorizer", "1..1"],
    ["agent:authorizer.type", AGENT_TYPES.authorizationServer],
    ["agent:authorizer", isSource],
    ["agent:authorizer.who", "1..1"],
    ["agent:authorizer.requestor", false],
    ...absent("agent:authorizer", "role", "altId", "name", "location", "policy", "media", "network", "purposeOfUse"),
    ["entity", "2..*"],
    ...patient,
    ["entity:consent", "1..*"],
    ["entity:consent.type", ENTITY_TYPES.consent],
    ["entity:consent.what", "1..1"],
  ],
};

const disclosure = (side: "source" | "recipient"): Profile => ({
  url: side === "source" ? PROFILES.disclosureSource : PROFILES.disclosureRecipient,
  type: "AuditEvent",
  rules: [
    ["modifierExtension", "0..0"],
    ["type", side === "source" ? EVENT_TYPES.export : EVENT_TYPES.import],
    ["action", { code: side === "source" ? "R" : "C" }],
    ["subtype:disclosure", "1..1"],
    ["subtype:disclosure", EVENT_SUBTYPES.disclose],
    ["outcome", "1..1"],
    ["agent", "2..*"],
    ["agent:source", "1..1"],
    ["agent:source.type", AGENT_TYPES.source],
    ["agent:source.who", "1..1"],
    ["agent:source.network", "1..1"],
    ["agent:recipient", "1..1"],
    ["agent:recipient.type", AGENT_TYPES.destination],
    ["agent:recipient.who", "1..1"],
    ["agent:recipient.network", "1..1"],
    [`agent:${side}`, isSource],
    ["agent:custodian", "0..1"],
    ["agent:custodian.type", AGENT_TYPES.custodian],
    ["agent:custodian.who", "1..1"],
    ["agent:authorizer", "0..1"],
    ["agent:authorizer.type", AGENT_TYPES.patientAdvocate],
    ["agent:authorizer.who", "1..1"],
    ["entity", "2..*"],
    ...patient,
  ],
});

const patientRead: Profile = {
  url: PROFILES.patientRead,
  type: "AuditEvent",
  rules: [
    ["type", EVENT_TYPES.rest],
    ["subtype:anyRead", "1..1"],
    ["subtype:anyRead", EVENT_SUBTYPES.read],
    ["action", { code: "R" }],
    ["outcome", { code: "0" }],
    ["outcome", "1..1"],
    ["agent", "2..*"],
    ["agent:client", "1..1"],
    ["agent:client.type", AGENT_TYPES.destination],
    ["agent:client.who", "1..1"],
    ["agent:client.network", "1..1"],
    ...absent("agent:client", "media"),
    ["agent:server", "1..1"],
    ["agent:server.type", AGENT_TYPES.source],
    ["agent:server.who", "1..1"],
    ["agent:server.network", "1..1"],
    ...absent("agent:server", "media"),
    ["agent:user", "0..1"],
    ["agent:user.type", AGENT_TYPES.recipient],
    ["agent:user.who", "1..1"],
    ["agent:user.requestor", true],
    ...absent("agent:user", "media", "network"),
    ["entity", "2..*"],
    ["entity:transaction", "0..1"],
    ["entity:transaction.type", ENTITY_TYPES.transaction],
    ["entity:transaction.what", { holds: "identifier.value.count() = 1" }],
    ["entity:data", "1..1"],
    ["entity:data.type", ENTITY_TYPES.object],
    ["entity:data.role", { holds: "code = '4' or code = '3' or code = '20'" }],
    ["entity:data.what", "1..1"],
    ...patient,
  ],
};

const consent: Profile = {
  url: PROFILES.consent,
  type: "Consent",
  rules: [
    ["scope", { coding: [{ system: "http://terminology.hl7.org/CodeSystem/consentscope", code: "patient-privacy" }] }],
    ["patient", "1..1"],
    ["dateTime", "1..1"],
    ["performer", "1..*"],
    ["organization", "1..*"],
    ["source[x]", "1..1"],
    ["policy", { holds: "uri.count() = 1" }],
    ["verification", "0..0"],
    ["provision", "1..1"],
    ["provision.type", "1..1"],
    ["provision.actor.role", AGENT_TYPES.recipient],
    ...absent("provision", "action", "class", "code", "securityLabel"),
    ["provision.data", { holds: "meaning = 'instance' or meaning = 'related' or meaning = 'authoredby'" }],
  ],
};

export const IHE_PROFILES: readonly Profile[] = [
  authorization,
  disclosure("source"),
  disclosure("recipient"),
  patientRead,
  consent,
];
