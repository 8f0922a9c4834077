import { fromHex32, type Hex32, toHex32 } from "@medexchain/core";
import { keccak256 } from "@medexchain/evm";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

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

/**
 * The salt of the version that follows a record: whoever knows the record and its owner finds its successor on chain, and only the owner's
 * account can anchor it.
 */
export function nextVersionSalt(recordId: Hex32): Hex32 {
  return toHex32(keccak256(utf8ToBytes("medexchain/v1/next-version\0"), fromHex32(recordId)));
}

/** As Solidity has it of `abi.encode` of two words. */
const hashPair = (first: Hex32, second: Hex32): Hex32 => toHex32(keccak256(fromHex32(first), fromHex32(second)));
