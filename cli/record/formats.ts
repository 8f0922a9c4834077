/** What the formats are called on the command line. */
export const FORMATS = { fhir: "fhir-r4+json", ndjson: "fhir-r4+ndjson", csv: "csv", binary: "binary" } as const;
