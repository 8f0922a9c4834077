/** Codes and profiles of the export, from DICOM, HL7, SNOMED CT, and IHE's Basic Audit Log Patterns (BALP) and Privacy Consent (PCF). */
import { purposeDisplay } from "@medexchain/chain";
import type { CodeableConcept, Coding } from "./resources.ts";

const BALP = "https://profiles.ihe.net/ITI/BALP";
const TERMINOLOGY = "http://terminology.hl7.org/CodeSystem";

export const PROFILES = {
  authorization: `${BALP}/StructureDefinition/IHE.BasicAudit.AuthZconsent`,
  disclosureSource: `${BALP}/StructureDefinition/IHE.BasicAudit.PrivacyDisclosure.Source`,
  disclosureRecipient: `${BALP}/StructureDefinition/IHE.BasicAudit.PrivacyDisclosure.Recipient`,
  patientRead: `${BALP}/StructureDefinition/IHE.BasicAudit.PatientRead`,
  consent: "https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentIntermediate",
} as const;

const dicom = (code: string, display: string): Coding => ({
  system: "http://dicom.nema.org/resources/ontology/DCM",
  code,
  display,
});
const snomed = (code: string, display: string): Coding => ({ system: "http://snomed.info/sct", code, display });
const hl7 = (system: string, code: string, display: string): Coding => ({
  system: `${TERMINOLOGY}/${system}`,
  code,
  display,
});

export const EVENT_TYPES = {
  export: dicom("110106", "Export"),
  import: dicom("110107", "Import"),
  query: dicom("110112", "Query"),
  securityAlert: dicom("110113", "Security Alert"),
  rest: hl7("audit-event-type", "rest", "RESTful Operation"),
} as const;

export const EVENT_SUBTYPES = {
  consentDecision: {
    system: `${BALP}/CodeSystem/AuthZsubType`,
    code: "AuthZ-Consent",
    display: "Authorization Decision using Roles and Consent",
  },
  disclose: hl7("iso-21089-lifecycle", "disclose", "Disclose Record Lifecycle Event"),
  read: { system: "http://hl7.org/fhir/restful-interaction", code: "read", display: "read" },
} as const satisfies Record<string, Coding>;

const concept = (coding: Coding): CodeableConcept => ({ coding: [coding] });

export const AGENT_TYPES = {
  application: concept(dicom("110150", "Application")),
  source: concept(dicom("110153", "Source Role ID")),
  destination: concept(dicom("110152", "Destination Role ID")),
  recipient: concept(hl7("v3-ParticipationType", "IRCP", "information recipient")),
  provider: concept(hl7("v3-RoleClass", "PROV", "healthcare provider")),
  authorizationServer: concept(hl7("extra-security-role-type", "authserver", "authorization server")),
  custodian: concept(snomed("159541003", "Record keeping/library clerk")),
  patientAdvocate: concept(snomed("429577009", "Patient Advocate")),
} as const;

export const ENTITY_TYPES = {
  person: hl7("audit-entity-type", "1", "Person"),
  object: hl7("audit-entity-type", "2", "System Object"),
  consent: { system: "http://hl7.org/fhir/resource-types", code: "Consent", display: "Consent" },
  transaction: { system: `${BALP}/CodeSystem/BasicAuditEntityType`, code: "XrequestId" },
} as const satisfies Record<string, Coding>;

export const ENTITY_ROLES = {
  patient: hl7("object-role", "1", "Patient"),
  domainResource: hl7("object-role", "4", "Domain Resource"),
} as const;

export const SOURCE_TYPES = {
  applicationServer: hl7("security-source-type", "4", "Application Server"),
  securityServer: hl7("security-source-type", "6", "Security Server"),
} as const;

export const CONSENT_SCOPE = concept(hl7("consentscope", "patient-privacy", "Privacy Consent"));
export const CONSENT_CATEGORY = concept(hl7("v3-ActCode", "IDSCL", "information disclosure"));

const ACT_REASON = `${TERMINOLOGY}/v3-ActReason`;
/** The code of a purpose of use, or undefined where HL7 has none such. */
export function purposeCoding(purpose: string): Coding | undefined {
  const display = purposeDisplay(purpose);
  return display === undefined ? undefined : { system: ACT_REASON, code: purpose, display };
}
