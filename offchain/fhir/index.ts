/** FHIR servers (R4): records from them, granted records to them, and searches over what was granted. */

export { type BackendServicesOptions, backendServices } from "./backend-services.ts";
export { type ExportQuery, exportPatient } from "./bulk-export.ts";
export { capabilityStatement } from "./capability-statement.ts";
export { type ConsentedData, type ConsentTerms, NO_END, parseConsent, STANDING_POLICY } from "./consent.ts";
export {
  type Authorizer,
  connectFhirServer,
  FHIR_JSON,
  type FhirAnswer,
  type FhirCall,
  type FhirServer,
  type FhirServerOptions,
} from "./fhir-server.ts";
export { type GrantedIndex, type IndexedRecord, indexGranted } from "./granted-index.ts";
export { type GrantedResource, readGranted } from "./granted-resources.ts";
export { SYSTEMS, stableUuid } from "./identifiers.ts";
export {
  type AskedValue,
  type FoundValue,
  isOfPatient,
  latestValue,
  mayHaveValue,
  type NoValue,
  type SourceResource,
  subjectPatientId,
} from "./latest-value.ts";
export { FHIR_LIMITS, type FhirLimits } from "./limits.ts";
export { type FetchedRecord, type PatientQuery, readPatient } from "./read-pages.ts";
export { type Json, type JsonObject, type RawNumber, type Resource, stringifyResource } from "./resource.ts";
export { everythingOf, parametersOf, search, searchset } from "./search.ts";
export { type Grant, transactionOf, type Written, writeGranted } from "./transaction-bundle.ts";
