import { MedexError } from "@medexchain/core";

/**
 * Unix seconds as a date and time of RFC 3339, in UTC: a FHIR instant.
 *
 * @throws AUDIT_MISMATCH when no calendar has the time: a node or contract made it up
 */
export function instantOf(seconds: bigint): string {
  if (seconds < 0n || seconds >= 253_402_300_800n) {
    throw new MedexError("AUDIT_MISMATCH", `a log's time, ${seconds}, is out of range; run medex audit verify`);
  }
  return new Date(Number(seconds) * 1000).toISOString().replace(".000", "");
}
