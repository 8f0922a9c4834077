/** The access history as files for other programs. FHIR is in `audit/fhir`, the page for people in `web`. */
export { csvOf } from "./csv.ts";
export { jsonOf, ndjsonOf } from "./json.ts";
