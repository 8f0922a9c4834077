import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { AbiCoder, keccak256 } from "ethers";

/** 32 bytes as `0x` and 64 lower-case hexadecimal digits: how ids and digests appear in contract calls and logs. */
export type Hex32 = `0x${string}`;

export const ZERO_32: Hex32 = `0x${"00".repeat(32)}`;

/** 32 bytes to their contract form. Throws a RangeError on any other length. */
export function toHex32(bytes: Uint8Array): Hex32 {
  if (bytes.length !== 32) throw new RangeError(`expected 32 bytes, got ${bytes.length}`);
  return `0x${bytesToHex(bytes)}`;
}

/** SHA-256 of a pseudonym: a hospital's id, or a member's `pseudonym` in its certificate. */
export function pseudonymHash(pseudonym: string): Hex32 {
  return toHex32(sha256(utf8ToBytes(pseudonym)));
}

/** A member's id, as `HospitalRegistry.memberIdOf` computes it. */
export function memberIdOf(hospitalId: Hex32, pseudonym: Hex32): Hex32 {
  return hashPair(hospitalId, pseudonym);
}

/** A record's id, as `RecordRegistry.recordIdOf` computes it. */
export function recordIdOf(owner: Hex32, salt: Hex32): Hex32 {
  return hashPair(owner, salt);
}

function hashPair(first: Hex32, second: Hex32): Hex32 {
  // ethers types every hex string as `string`; a keccak256 digest is 32 bytes.
  return keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32"], [first, second])) as Hex32;
}
