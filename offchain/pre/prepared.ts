/**
 * What is computed once per public key and used again: decoded and checked points, Miller lines, and combs of pairings.
 *
 * | cache            | by                           | holds                                             | at most    |
 * | ---------------- | ---------------------------- | ------------------------------------------------- | ---------- |
 * | hospital keys    | PK or PK' (96 bytes)         | the point, its lines                              | 32 × 20 kB |
 * | owners' masks    | ID_DO (with scope) and PK_A' | H1(ID_DO), a comb of e(pk_DO, PK_A')              | 32 × 80 kB |
 * | requesters       | ID_DU, V, U and PK_B'        | that e(U, PK_B') = e(g1, V), lines of V, a comb of e(H1(ID_DU), V) | 32 × 100 kB |
 *
 * Each part is made when it is first needed, found by the bytes that it was made from, never by an object's identity, and holds public
 * values only. What an observer of time learns is which public keys were used before. `forgetKey` and `forgetScope` drop what was made
 * for a key; `forgetTables` drops all.
 */

import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { G1, G2, GT } from "mcl-wasm";
import { BoundedCache } from "./bounded-cache.ts";
import {
  forgetGeneratorTables,
  generatorG1,
  makeLines,
  type PreparedGt,
  pairing,
  pairingsEqual,
  prepareGt,
} from "./curve.ts";
import { type G2Bytes, readG1, readG2 } from "./elements.ts";
import { hashOwner, hashUser } from "./hash.ts";
import { type ScopedIdentity, scopedIdentityBytes } from "./identity.ts";
import type { MillerLines } from "./miller-lines.ts";
import type { Requester, UserPublicKey } from "./public-keys.ts";

/** Keys kept of each kind. Larger than what one call uses, so that no call drops what it is using. */
const CAPACITY = 32;

/** Six teeth: building the comb and using it once takes as long as raising to the power without it. */
const TEETH = 6;

/** A hospital's public key. */
export interface PreparedKey {
  readonly bytes: Uint8Array;
  readonly point: G2;
  readonly lines: () => MillerLines;
}

/** An owner's scope under a hospital's key. */
export interface PreparedOwner {
  readonly scopedIdentity: Uint8Array;
  readonly hospitalKey: Uint8Array;
  /** `pk_DO = H1(ID_DO)`. */
  readonly publicKey: G1;
  /** `e(pk_DO, PK_A')`. */
  readonly pairing: () => GT;
  /** The comb of that. */
  readonly mask: () => PreparedGt;
}

/** A requester whose public key was checked. */
export interface PreparedRequester {
  readonly V: Uint8Array;
  readonly hospitalKey: Uint8Array;
  /** `H1(ID_DU)`. */
  readonly hashed: G1;
  /** The lines of V. */
  readonly lines: () => MillerLines;
  /** The comb of `e(H1(ID_DU), V)`. */
  readonly mask: () => PreparedGt;
}

const hospitalKeys = new BoundedCache<PreparedKey>(CAPACITY);
const owners = new BoundedCache<PreparedOwner>(CAPACITY);
const requesters = new BoundedCache<PreparedRequester>(CAPACITY);

/**
 * Decodes and checks a hospital's public key.
 *
 * @throws PRE_ELEMENT_INVALID
 */
export function prepareHospitalKey(bytes: G2Bytes, field: string): PreparedKey {
  return hospitalKeys.get(keyOf(bytes), () => {
    const point = readG2(bytes, field);
    return { bytes: bytes.slice(), point, lines: once(() => makeLines(point)) };
  });
}

/**
 * An owner's scope under a hospital's key.
 *
 * @throws PRE_ELEMENT_INVALID, INPUT_INVALID
 */
export function prepareOwner(owner: ScopedIdentity, hospitalKey: PreparedKey): PreparedOwner {
  const scopedIdentity = scopedIdentityBytes(owner);
  return owners.get(keyOf(hospitalKey.bytes, scopedIdentity), () => {
    const publicKey = hashOwner(owner);
    const value = once(() => pairing(publicKey, hospitalKey.lines()));
    const mask = once(() => prepareGt(value(), TEETH));
    return { scopedIdentity, hospitalKey: hospitalKey.bytes, publicKey, pairing: value, mask };
  });
}

/**
 * A requester, whose public key is checked first, see `expectUserPublicKey`.
 *
 * @throws PRE_PUBLIC_KEY_INVALID, PRE_ELEMENT_INVALID, INPUT_INVALID
 */
export function prepareRequester({ identity, publicKey, hospitalKey }: Requester): PreparedRequester {
  return requesters.get(keyOf(publicKey.V, publicKey.U, hospitalKey, identity), () => {
    const v = expectUserPublicKey(publicKey, hospitalKey);
    const hashed = hashUser(identity);
    const lines = once(() => makeLines(v));
    const mask = once(() => prepareGt(pairing(hashed, lines()), TEETH));
    return { V: publicKey.V.slice(), hospitalKey: hospitalKey.slice(), hashed, lines, mask };
  });
}

/**
 * Checks `e(U, PK_B') = e(g1, V)`.
 *
 * @returns V
 * @throws PRE_PUBLIC_KEY_INVALID, PRE_ELEMENT_INVALID
 */
export function expectUserPublicKey(publicKey: UserPublicKey, hospitalKey: G2Bytes): G2 {
  const v = readG2(publicKey.V, "V");
  const u = readG1(publicKey.U, "U");
  if (!pairingsEqual(u, prepareHospitalKey(hospitalKey, "PK_B'").lines(), generatorG1(), v)) {
    throw new MedexError(
      "PRE_PUBLIC_KEY_INVALID",
      "the user's public key was not made from its hospital's key; fetch it again and check the member certificate",
    );
  }
  return v;
}

/**
 * Drops what was computed for a public key: a hospital's `PK` or `PK'`, or a requester's `V`. Call it when the key is replaced or
 * revoked; it is computed again should the key be used again.
 */
export function forgetKey(key: G2Bytes): void {
  hospitalKeys.forget(({ bytes }) => equalBytes(bytes, key));
  owners.forget(({ hospitalKey }) => equalBytes(hospitalKey, key));
  requesters.forget(({ V, hospitalKey }) => equalBytes(V, key) || equalBytes(hospitalKey, key));
}

/** Drops what was computed for an owner's scope, under every hospital's key. */
export function forgetScope(owner: ScopedIdentity): void {
  const bytes = scopedIdentityBytes(owner);
  owners.forget(({ scopedIdentity }) => equalBytes(scopedIdentity, bytes));
}

/** Drops every table, those of the generators too. */
export function forgetTables(): void {
  for (const cache of [hospitalKeys, owners, requesters]) cache.forget(() => true);
  forgetGeneratorTables();
}

/** How many keys have something computed for them now, by kind. */
export function tableCounts(): { hospitalKeys: number; owners: number; requesters: number } {
  return { hospitalKeys: hospitalKeys.size, owners: owners.size, requesters: requesters.size };
}

/** One key for one list of byte strings. What is none has a key of its own, under which nothing is kept: reading it throws. */
function keyOf(...parts: readonly Uint8Array[]): string {
  return parts.map((part) => (part instanceof Uint8Array ? bytesToHex(part) : "?")).join();
}

function once<Value extends object>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => {
    value ??= make();
    return value;
  };
}
