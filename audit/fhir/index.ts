/** The access history as FHIR R4: AuditEvents by IHE's Basic Audit Log Patterns, Consents by its Privacy Consent on FHIR. */
export { auditEventsOf } from "./audit-events.ts";
export { consentOfDecision, consentOfRevocation, type Revocations } from "./consents.ts";
export { fhirBundle, fhirNdjson, fhirResources } from "./export-fhir.ts";
export type { ContractsOf } from "./references.ts";
export type { AuditEvent, Consent, FhirResource } from "./resources.ts";
