/**
 * The BFV key to which one record's private features are sent. Whether they opened, a doctor says on chain: an owner who sends what is no honest
 * ciphertext learns from each answer something of the key that it was sent to, and after some thousands of them the key. So each record
 * has a key of its own, which derives from the doctor's secret key: what an owner can learn so is a key to its own record.
 *
 * The public key is on IPFS, and its digest is the request's nonce, which the doctor's account signs with the rest.
 */
import { deriveByteKeys, FRAGMENT_PROFILE_NAMES, type FragmentProfile } from "@medexchain/bfv";
import { type AccessRequest, fromHex32, type Hex32, hex32, toHex32 } from "@medexchain/chain";
import { bytesOf, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import { equalBytes } from "@noble/curves/utils.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { toBeHex } from "ethers";
import { z } from "zod";
import type { DataUserKeys } from "./user-keys.ts";

const schema = z.strictObject({
  v: z.literal(1),
  type: z.literal("medexchain/request-key"),
  recordId: bytesOf(32),
  /** `bytes`; a profile where the request is from before there were keys for bytes alone. */
  profile: z.enum(FRAGMENT_PROFILE_NAMES),
  publicKey: z.instanceof(Uint8Array),
});

/**
 * A doctor's BFV secret key for one record: HKDF-SHA-256 (RFC 5869) of the doctor's own.
 *
 * @returns 32 bytes; wipe it after use
 */
export function recordKeyOf({ secretKey }: DataUserKeys["bfv"], recordId: Hex32): Uint8Array {
  const info = concatBytes(utf8ToBytes("medexchain/v1/bfv/record-key\0"), fromHex32(recordId));
  return hkdf(sha256, secretKey, undefined, info, 32);
}

/**
 * Publishes a public key for one request: for bytes alone, as a doctor reads what comes, and computes nothing on it. It is randomised: each call gives another one of the record's secret key, and so another digest.
 *
 * @returns the digest, for the request's nonce
 */
export async function publishRequestKey(
  store: ContentStore,
  bfv: DataUserKeys["bfv"],
  recordId: Hex32,
): Promise<Hex32> {
  const secretKey = recordKeyOf(bfv, recordId);
  const publicKey = await deriveByteKeys(secretKey).finally(() => secretKey.fill(0));
  const object = { v: 1, type: "medexchain/request-key", recordId: fromHex32(recordId), profile: "bytes", publicKey };
  return toHex32((await store.put(encodeObject(object), { maxBytes: CONTENT_LIMITS.memberKeys })).digest);
}

/** A request's public key, as openEncryptor takes it. */
export interface RequestKey {
  readonly profile: FragmentProfile;
  readonly publicKey: Uint8Array;
}

/**
 * The key to which the private features of a request's record go.
 *
 * @throws CERTIFICATE_INVALID it is none, or another record's; CONTENT_NOT_FOUND the doctor has not published it; as `ContentStore.get`
 */
export async function fetchRequestKey(
  store: ContentStore,
  { nonce, recordId }: Pick<AccessRequest, "nonce" | "recordId">,
): Promise<RequestKey> {
  const digest = fromHex32(toBeHex(nonce, 32) as Hex32); // 32 bytes in hexadecimal
  const bytes = await store.get(digest, { maxBytes: CONTENT_LIMITS.memberKeys });
  const key = decodeObject(bytes, schema, "the request's key", "CERTIFICATE_INVALID");
  if (!equalBytes(key.recordId, fromHex32(hex32(recordId)))) {
    throw new MedexError(
      "CERTIFICATE_INVALID",
      "the request's key is for another record: deny it, and let the doctor ask again",
    );
  }
  return { profile: key.profile, publicKey: key.publicKey };
}
