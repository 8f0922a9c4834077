/**
 * SEAL 4.1's binary forms, uncompressed, of the objects that are stored or sent. Bytes from outside never reach SEAL's own
 * parsers: they are unpacked to coefficients that are checked one by one (`coefficients.ts`), and the bytes that SEAL loads
 * are written here. So no length, compression or header field is ever under a sender's control.
 *
 * Every object starts with a 16-byte header: magic 0xA15E, header size, version 4.1, compression (0), two reserved bytes, and
 * the total size as u64. Integers are little-endian. (SEAL: native/src/seal/serialization.h, ciphertext.cpp, plaintext.cpp,
 * dynarray.h, randomgen.cpp.)
 */

import { concatBytes } from "@noble/hashes/utils.js";
import type { Level } from "./context.ts";

const HEADER_LENGTH = 16;
/** Parameter id, coefficient count, scale; then the array's header and its element count. */
export const PLAINTEXT_PREFIX = HEADER_LENGTH + 32 + 8 + 8 + HEADER_LENGTH + 8;
/** Parameter id, NTT flag, size, degree, primes, scale, correction factor; then the array's header and its element count. */
const CIPHERTEXT_PREFIX = HEADER_LENGTH + 32 + 1 + 5 * 8 + HEADER_LENGTH + 8;
/** Generator type (1 = BLAKE2Xb) and seed, after a header. */
const SEED_LENGTH = 64;
const GENERATOR_LENGTH = HEADER_LENGTH + 1 + SEED_LENGTH;

function header(totalLength: number): Uint8Array {
  const bytes = Uint8Array.of(0x5e, 0xa1, HEADER_LENGTH, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  new DataView(bytes.buffer).setBigUint64(8, BigInt(totalLength), true);
  return bytes;
}

function words(...values: bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}

function float64(value: number): Uint8Array {
  return new Uint8Array(Float64Array.of(value).buffer);
}

/** What SEAL writes before the coefficients of a plaintext in coefficient form. */
export function plaintextPrefix(coefficients: number): Uint8Array {
  const length = 8 * coefficients;
  return concatBytes(
    header(PLAINTEXT_PREFIX + length),
    words(0n, 0n, 0n, 0n, BigInt(coefficients)),
    float64(1),
    header(HEADER_LENGTH + 8 + length),
    words(BigInt(coefficients)),
  );
}

/** A plaintext in coefficient form: `degree` values below `t`. */
export function writePlaintext(coefficients: BigUint64Array): Uint8Array {
  const bytes = new Uint8Array(coefficients.buffer, coefficients.byteOffset, coefficients.byteLength);
  return concatBytes(plaintextPrefix(coefficients.length), bytes);
}

/** The coefficients of two polynomials (three after a product), or of one and the seed that the second grows from. */
export interface RlwePair {
  /** Polynomial by polynomial, prime by prime, `degree` values each. */
  readonly coefficients: BigUint64Array;
  /** 64 bytes: then `coefficients` is one polynomial. */
  readonly seed?: Uint8Array;
}

/** What SEAL writes before and after the coefficients of a ciphertext or public key. */
export interface RlweFrame {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** The frame of a ciphertext, or of a public key, which SEAL stores as one in NTT form at key level. `coefficients` counts those there are. */
export function rlweFrame(
  coefficients: number,
  seed: Uint8Array | undefined,
  level: Level,
  degree: number,
  isNtt: boolean,
): RlweFrame {
  const polynomials = seed === undefined ? coefficients / (degree * level.primes.length) : 2;
  const total = CIPHERTEXT_PREFIX + 8 * coefficients + (seed === undefined ? 0 : GENERATOR_LENGTH);
  return {
    before: concatBytes(
      header(total),
      words(...level.parmsId),
      Uint8Array.of(isNtt ? 1 : 0),
      words(BigInt(polynomials), BigInt(degree), BigInt(level.primes.length)),
      float64(1),
      words(1n),
      header(HEADER_LENGTH + 8 + 8 * coefficients),
      words(BigInt(coefficients)),
    ),
    after: seed === undefined ? new Uint8Array(0) : concatBytes(header(GENERATOR_LENGTH), Uint8Array.of(1), seed),
  };
}

/** A ciphertext of two polynomials (three after a product), or a public key, which SEAL stores as one in NTT form at key level. */
export function writeRlwePair(
  { coefficients, seed }: RlwePair,
  level: Level,
  degree: number,
  isNtt: boolean,
): Uint8Array {
  const { before, after } = rlweFrame(coefficients.length, seed, level, degree, isNtt);
  return concatBytes(
    before,
    new Uint8Array(coefficients.buffer, coefficients.byteOffset, coefficients.byteLength),
    after,
  );
}

/** What SEAL saved: the bytes of its coefficients, and its seed. */
export interface SavedRlwePair {
  readonly coefficients: Uint8Array;
  readonly seed?: Uint8Array;
}

/** Finds the parts of what SEAL saved uncompressed. Only for bytes that SEAL has just written. */
export function partsOfRlwePair(
  bytes: Uint8Array,
  level: Level,
  degree: number,
  isSeeded: boolean,
  polynomials = 2,
): SavedRlwePair {
  const count = degree * level.primes.length * (isSeeded ? 1 : polynomials);
  const end = CIPHERTEXT_PREFIX + 8 * count;
  const expected = end + (isSeeded ? GENERATOR_LENGTH : 0);
  if (bytes.length !== expected) throw new RangeError(`SEAL wrote ${bytes.length} bytes, not ${expected}`);
  const coefficients = bytes.subarray(CIPHERTEXT_PREFIX, end);
  return isSeeded ? { coefficients, seed: bytes.subarray(end + HEADER_LENGTH + 1) } : { coefficients };
}

/** Reads back what SEAL saved uncompressed. Only for bytes that SEAL has just written. */
export function readRlwePair(
  bytes: Uint8Array,
  level: Level,
  degree: number,
  isSeeded: boolean,
  polynomials = 2,
): RlwePair {
  const { coefficients, seed } = partsOfRlwePair(bytes, level, degree, isSeeded, polynomials);
  const values = new BigUint64Array(coefficients.slice().buffer);
  return seed === undefined ? { coefficients: values } : { coefficients: values, seed: seed.slice() };
}
