/**
 * The hashes of the scheme: H1 for owners, H1 for users, and H2, each RFC 9380 hash-to-curve into G1 under a tag of its own
 * (RFC 9380 §3.1), so that no owner's public key can equal a user's, and neither can equal an H2 value.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { G1, GT } from "mcl-wasm";
import { hashToG1 } from "./curve.ts";
import { type G1Bytes, type GtBytes, readGt, writeG1 } from "./elements.ts";
import { checkUserIdentity, type ScopedIdentity, scopedIdentityBytes } from "./identity.ts";

const SUITE = "BLS12381G1_XMD:SHA-256_SSWU_RO_";

/** Domain separation tags; other implementations need these to reproduce the hashes. */
export const HASH_TAGS = {
  owner: `MEDEXCHAIN-V01-H1-OWNER-with-${SUITE}`,
  user: `MEDEXCHAIN-V01-H1-USER-with-${SUITE}`,
  gt: `MEDEXCHAIN-V01-H2-with-${SUITE}`,
} as const;

/**
 * `pk_DO = H1(ID_DO)`: an owner's public key, which anyone can compute (docs/design.md §3, KeyGen_DO).
 *
 * @returns 48 bytes
 * @throws INPUT_INVALID when the identity or the scope is empty
 */
export function ownerPublicKey(owner: ScopedIdentity): G1Bytes {
  return writeG1(hashOwner(owner), "pk_DO");
}

/**
 * `H1(ID_DU)`: the identity part of a user's public key (docs/design.md §3, KeyGen_DU).
 *
 * @returns 48 bytes
 * @throws INPUT_INVALID when the identity is empty
 */
export function hashUserIdentity(identity: Uint8Array): G1Bytes {
  return writeG1(hashUser(identity), "H1(ID_DU)");
}

/**
 * `H2(x)`: hashes the 576-byte form of an element of GT into G1.
 *
 * @returns 48 bytes
 * @throws PRE_ELEMENT_INVALID
 */
export function hashGt(x: GtBytes): G1Bytes {
  return writeG1(hashTarget(readGt(x, "the argument of H2")), "H2");
}

/** H1 of an owner, as a handle. */
export function hashOwner(owner: ScopedIdentity): G1 {
  return hashToG1(scopedIdentityBytes(owner), utf8ToBytes(HASH_TAGS.owner));
}

/** H1 of a user, as a handle. */
export function hashUser(identity: Uint8Array): G1 {
  return hashToG1(checkUserIdentity(identity), utf8ToBytes(HASH_TAGS.user));
}

/** H2, as a handle. */
export function hashTarget(x: GT): G1 {
  return hashToG1(x.serialize(), utf8ToBytes(HASH_TAGS.gt));
}
