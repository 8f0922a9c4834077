/**
 * A dateTime of FHIR R4 as a person reads it, at this browser's clock; what has no time of day, or is none, stays as it is written.
 *
 * @param format of the person's language, made once for all: making one takes as long as a hundred uses
 */
export function dateTimeIn(format: Intl.DateTimeFormat, written: string): string {
  const at = written.includes("T") ? Date.parse(written) : Number.NaN;
  return Number.isNaN(at) ? written : format.format(at);
}

export const dateTimeFormat = (language: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
