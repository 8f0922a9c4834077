/**
 * Commitments to private features. D_head is open to everyone who was ever granted a part of the record, so it must let
 * them check a value that they receive, and tell them nothing of a value that they do not: a plain hash of `"male"` could be
 * guessed, a hash with 128 random bits cannot.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { FeatureValue } from "./ehr-document.ts";

const DOMAIN = utf8ToBytes("medexchain/v1/sfe/feature\0");

/** Length of a salt in bytes. */
export const SALT_LENGTH = 16;

/**
 * SHA-256(domain ‖ salt ‖ u32be(length of name) ‖ name ‖ value). The length makes the split between name and value definite.
 * @param salt 16 random bytes, fresh for each feature of each record
 * @returns 32 bytes
 */
export function commitFeature(salt: Uint8Array, name: string, value: FeatureValue): Uint8Array {
  const nameBytes = utf8ToBytes(name);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, nameBytes.length);
  return sha256(concatBytes(DOMAIN, salt, length, nameBytes, typeof value === "string" ? utf8ToBytes(value) : value));
}
