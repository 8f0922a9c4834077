/** A dateTime of FHIR R4 as a person reads it, at this browser's clock; what has no time of day, or is none, stays as it is written. */
export function dateTimeIn(language: string, written: string): string {
  const at = written.includes("T") ? Date.parse(written) : Number.NaN;
  return Number.isNaN(at)
    ? written
    : new Date(at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
}
