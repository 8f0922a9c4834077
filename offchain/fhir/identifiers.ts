import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** Systems of identifiers in what MedExChain writes as FHIR. The values are hashes as they stand on-chain. */
export const SYSTEMS = {
  member: "urn:medexchain:member",
  hospital: "urn:medexchain:hospital",
  record: "urn:medexchain:record",
  consent: "urn:medexchain:consent",
  request: "urn:medexchain:request",
  study: "urn:medexchain:study",
  /** Of a resource that came with a grant: the tag by which a server is asked whether it has it. */
  granted: "urn:medexchain:granted",
} as const;

/** SHA-256 of texts, each told from the next, in hexadecimal. */
export const digestOf = (...parts: readonly string[]): string => bytesToHex(sha256(utf8ToBytes(JSON.stringify(parts))));

/** A UUID (RFC 9562, version 8) that is the same whenever the same is exported. */
export function stableUuid(...parts: readonly string[]): string {
  const bytes = sha256(utf8ToBytes(parts.join("\n"))).slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytesToHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
