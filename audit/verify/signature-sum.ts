/**
 * The weighted sum of `signature-batch.ts`, on secp256k1, computed in mcl's memory: making a BigInt or an object of each number takes as
 * long as to compute with it.
 */
import { randomFillSync } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import mcl from "mcl-wasm";
import mclRuntime from "mcl-wasm/dist/mcl.js";

/** A position in mcl's memory, in bytes. */
type Pointer = number;
type Binary = (result: Pointer, left: Pointer, right: Pointer) => void;
/** 0 where it could. */
type FromBytes = (result: Pointer, bytes: Pointer, length: number) => number;

/** What is called of mcl's module. */
interface RawCurve {
  readonly wasmMemory: { readonly buffer: ArrayBuffer };
  _malloc(bytes: number): Pointer;
  _mclBnFr_setLittleEndian: FromBytes;
  _mclBnFr_setBigEndianMod: FromBytes;
  _mclBnFr_isZero(value: Pointer): number;
  _mclBnFr_add: Binary;
  _mclBnFr_mul: Binary;
  _mclBnFr_invVec(results: Pointer, values: Pointer, count: number): number;
  /** How many bytes it took: 0 where they are no point. */
  _mclBnG1_deserialize(result: Pointer, bytes: Pointer, length: number): number;
  _mclBnG1_mulVec(result: Pointer, points: Pointer, scalars: Pointer, count: number): void;
  _mclBnG1_isEqual(left: Pointer, right: Pointer): number;
}

/** Bytes of a number of the group's order, in mcl's own form; of a point it is `pointSize`. */
const SCALAR = 32;
const WEIGHT = 16;
const COMPRESSED = 33;
const ORDER = Buffer.from(secp256k1.Point.Fn.ORDER.toString(16), "hex");
/** Rounded down: SEC 2 §2.4.1. */
const HALF_ORDER = Buffer.from((secp256k1.Point.Fn.ORDER >> 1n).toString(16).padStart(64, "0"), "hex");

/** A public key in mcl's own form. */
export type KeyPoint = Uint8Array;

export interface SignatureSum {
  /** An uncompressed public key, 65 bytes, which must be one. */
  keyPoint(key: Uint8Array): KeyPoint;
  /**
   * Takes part of the sum.
   *
   * @param account names the key: an account's signatures in one sum have one key
   * @returns false for any signature that recovery might refuse: it takes no part
   */
  add(account: string, key: KeyPoint, digest: Uint8Array, signature: Uint8Array): boolean;
  /** Whether the sum with new random weights is the point at infinity. The next sum begins anew. */
  isZero(): boolean;
}

/** @param most signatures of one sum, whose thread has no other use of mcl */
export async function signatureSum(most: number): Promise<SignatureSum> {
  await mcl.init(mcl.SECP256K1);
  // `mod` is exported by the file but left out of its declarations.
  const raw = (mclRuntime as unknown as { mod: RawCurve }).mod;
  const pointSize = 4 * (new mcl.G1() as unknown as { a_: Uint32Array }).a_.length; // as above
  const input = raw._malloc(WEIGHT * most + COMPRESSED);
  const points = raw._malloc(pointSize * most);
  const [weights, r, s, z] = [0, 1, 2, 3].map(() => raw._malloc(SCALAR * most)) as [number, number, number, number]; // four
  /** Of the base point, then of each key. */
  const [keyPoints, keyScalars] = [raw._malloc(pointSize * (most + 1)), raw._malloc(SCALAR * (most + 1))];
  const [left, right] = [raw._malloc(pointSize), raw._malloc(pointSize)];

  let view = Buffer.alloc(0);
  /** Memory that grows is moved. */
  const memory = (): Buffer => {
    const { buffer } = raw.wasmMemory;
    if (view.buffer !== buffer) view = Buffer.from(buffer);
    return view;
  };
  /** The point with an x, big-endian, and the parity of its y. False where there is none. */
  const writePoint = (to: Pointer, x: Uint8Array, isOdd: boolean): boolean => {
    const bytes = memory();
    // As SEC 1 §2.3.3 compresses it, but with the bytes of x in reverse.
    bytes[input] = isOdd ? 3 : 2;
    for (let at = 0; at < 32; at++) bytes[input + 32 - at] = x[at] ?? 0;
    return raw._mclBnG1_deserialize(to, input, COMPRESSED) === COMPRESSED;
  };
  const writeScalar = (to: Pointer, bytes: Uint8Array): void => {
    memory().set(bytes, input);
    if (raw._mclBnFr_setBigEndianMod(to, input, 32) !== 0) throw new Error("mcl refused 32 bytes as a number");
  };
  const keyPoint = (key: Uint8Array): KeyPoint => {
    if (!writePoint(left, key.subarray(1, 33), ((key[64] ?? 0) & 1) === 1)) throw new Error("no public key");
    return Uint8Array.prototype.slice.call(memory(), left, left + pointSize);
  };
  const base = keyPoint(secp256k1.Point.BASE.toBytes(false));
  let count = 0;
  /** The place of each key, by account and by signature. */
  let places = new Map<string, number>();
  const placeOfKey = new Uint32Array(most);
  const placeKey = (place: number, key: KeyPoint) => {
    memory().set(key, keyPoints + pointSize * place);
    memory().fill(0, keyScalars + SCALAR * place, keyScalars + SCALAR * (place + 1));
  };

  return {
    keyPoint,
    add(account, key, digest, signature) {
      const v = signature[64];
      if (count >= most) throw new RangeError(`no more than ${most} signatures at once`);
      if (digest.length !== 32 || signature.length !== 65 || (v !== 27 && v !== 28)) return false;
      if (ORDER.compare(signature, 0, 32) <= 0 || HALF_ORDER.compare(signature, 32, 64) < 0) return false;
      const at = SCALAR * count;
      writeScalar(r + at, signature.subarray(0, 32));
      writeScalar(s + at, signature.subarray(32, 64));
      if (raw._mclBnFr_isZero(r + at) === 1 || raw._mclBnFr_isZero(s + at) === 1) return false;
      writeScalar(z + at, digest);
      if (!writePoint(points + pointSize * count, signature.subarray(0, 32), v === 28)) return false;
      let place = places.get(account);
      if (place === undefined) {
        place = places.size + 1;
        places.set(account, place);
        placeKey(place, key);
      }
      placeOfKey[count] = place;
      count += 1;
      return true;
    },
    isZero() {
      randomFillSync(memory(), input, WEIGHT * count);
      placeKey(0, base);
      raw._mclBnFr_invVec(s, s, count);
      for (let one = 0; one < count; one++) {
        const at = SCALAR * one;
        const ofKey = keyScalars + SCALAR * (placeOfKey[one] ?? Number.NaN);
        if (raw._mclBnFr_setLittleEndian(weights + at, input + WEIGHT * one, WEIGHT) !== 0)
          throw new Error("mcl refused 16 bytes as a number");
        raw._mclBnFr_mul(s + at, s + at, weights + at);
        raw._mclBnFr_mul(z + at, z + at, s + at);
        raw._mclBnFr_add(keyScalars, keyScalars, z + at);
        raw._mclBnFr_mul(r + at, r + at, s + at);
        raw._mclBnFr_add(ofKey, ofKey, r + at);
      }
      raw._mclBnG1_mulVec(left, points, weights, count);
      raw._mclBnG1_mulVec(right, keyPoints, keyScalars, places.size + 1);
      count = 0;
      places = new Map();
      return raw._mclBnG1_isEqual(left, right) === 1;
    },
  };
}
