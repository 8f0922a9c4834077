/**
 * Elements for the straightforward translation: mcl-wasm's public API and nothing else. Points are decoded with the library's check of
 * curve and subgroup, GT elements with the library's check of the order.
 */

import {
  type G1Bytes,
  type G2Bytes,
  type GtBytes,
  HASH_TAGS,
  type RandomSource,
  type ScalarBytes,
  type ScopedIdentity,
  scopedIdentityBytes,
} from "@medexchain/pre";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Fr, G1, G2, GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import mclRuntime from "mcl-wasm/dist/mcl.js";

/** The exports of the library's module that its face leaves out: hashing under a tag, and the check of an order in GT. */
interface Raw {
  stackSave(): number;
  stackRestore(stack: number): void;
  salloc(words: Uint32Array): number;
  sallocCopy(words: Uint32Array): number;
  sallocBytes(bytes: Uint8Array): number;
  copyFromHeap32(words: Uint32Array, position: number): void;
  _mclBnGT_isValid(position: number): number;
  _mclBnG1_hashAndMapToWithDst(result: number, message: number, length: number, dst: number, dstLength: number): number;
}

const raw = (): Raw => (mclRuntime as unknown as { mod: Raw }).mod; // left out of the library's declarations
const words = (value: G1 | GT): Uint32Array => (value as unknown as { a_: Uint32Array }).a_; // the same

export function scalar(random: RandomSource): Fr {
  const value = new mcl.Fr();
  value.setBigEndianMod(random(48));
  return value;
}

export function readScalar(bytes: ScalarBytes): Fr {
  return decoded(new mcl.Fr(), bytes);
}

export function readG1(bytes: G1Bytes): G1 {
  return notZero(decoded(new mcl.G1(), bytes));
}

export function readG2(bytes: G2Bytes): G2 {
  return notZero(decoded(new mcl.G2(), bytes));
}

export function readGt(bytes: GtBytes): GT {
  const value = decoded(new mcl.GT(), bytes);
  const stack = raw().stackSave();
  const isValid = raw()._mclBnGT_isValid(raw().sallocCopy(words(value))) === 1;
  raw().stackRestore(stack);
  if (!isValid || value.isOne()) throw new Error("not an element of GT, or the identity");
  return value;
}

// The library writes the wire forms, so the brands hold.
export const writeScalar = (value: Fr): ScalarBytes => value.serialize() as ScalarBytes;
export const writeG1 = (value: G1): G1Bytes => value.serialize() as G1Bytes;
export const writeG2 = (value: G2): G2Bytes => value.serialize() as G2Bytes;
export const writeGt = (value: GT): GtBytes => value.serialize() as GtBytes;

export const hashOwner = (owner: ScopedIdentity): G1 => hash(scopedIdentityBytes(owner), HASH_TAGS.owner);
export const hashUser = (identity: Uint8Array): G1 => hash(identity, HASH_TAGS.user);
export const hashTarget = (x: GT): G1 => hash(x.serialize(), HASH_TAGS.gt);

function hash(message: Uint8Array, tag: string): G1 {
  const result = new mcl.G1();
  const dst = utf8ToBytes(tag);
  const stack = raw().stackSave();
  const position = raw().salloc(words(result));
  raw()._mclBnG1_hashAndMapToWithDst(
    position,
    raw().sallocBytes(message),
    message.length,
    raw().sallocBytes(dst),
    dst.length,
  );
  raw().copyFromHeap32(words(result), position);
  raw().stackRestore(stack);
  return result;
}

function decoded<Value extends { deserialize(bytes: Uint8Array): void }>(value: Value, bytes: Uint8Array): Value {
  value.deserialize(bytes);
  return value;
}

function notZero<Value extends { isZero(): boolean }>(value: Value): Value {
  if (value.isZero()) throw new Error("the identity");
  return value;
}
