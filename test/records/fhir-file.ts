export interface FhirFile {
  readonly name: string;
  readonly record: unknown;
  /** Spaces of indentation. */
  readonly indent?: number;
}

/** A code of LOINC, as FHIR has it. */
export const loinc = (code: string, display: string) => ({
  coding: [{ system: "http://loinc.org", code, display }],
  text: display,
});
