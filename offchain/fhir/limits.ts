/** What a FHIR server can make its client hold, wait for and count. Whatever is more is that server's fault, and an error. */
export interface FhirLimits {
  /** Of one answer, decompressed, in bytes. */
  readonly answerBytes: number;
  /** Of all answers that become one record, in bytes: one JSON document is at most 16 MiB, of NDJSON a record has 64 MiB. */
  readonly recordBytes: number;
  readonly resources: number;
  readonly pages: number;
  /** Files of a bulk export. */
  readonly files: number;
  /** For one answer, in milliseconds. */
  readonly answerMs: number;
  /** For everything that becomes one record, in milliseconds. */
  readonly totalMs: number;
}

export const FHIR_LIMITS: FhirLimits = {
  answerBytes: 16 * 1_048_576,
  recordBytes: 64 * 1_048_576,
  resources: 100_000,
  pages: 2_000,
  files: 1_000,
  answerMs: 60_000,
  totalMs: 1_800_000,
};
