/**
 * Coefficients packed at their exact bit width: a 36-bit residue takes 36 bits, not 64, nor the 40 that a byte-wise
 * compressor leaves. The packed length is fixed by the parameters, so a wrong length is detected before anything is read.
 */

import { MedexError } from "@medexchain/core";
import type { Level } from "./context.ts";
import { residueMemory, residues } from "./residues.ts";
import { partsOfRlwePair, type RlwePair, rlweFrame, type SavedRlwePair } from "./seal-format.ts";

const SEED_LENGTH = 64;

function bitLength(value: bigint): number {
  return value.toString(2).length;
}

/** Bytes of a packed ciphertext or key of so many polynomials; of a seeded one, one polynomial is there and one is a seed. */
export function packedLength(level: Level, degree: number, isSeeded: boolean, polynomials = 2): number {
  const bits = level.primes.reduce((sum, prime) => sum + bitLength(prime) * degree, 0) * (isSeeded ? 1 : polynomials);
  return Math.ceil(bits / 8) + (isSeeded ? SEED_LENGTH : 0);
}

/** Seed, if there is one, then the residues in SEAL's order, least significant bit first, without gaps. */
export function packPair({ coefficients, seed }: RlwePair, level: Level, degree: number): Uint8Array {
  const bytes = new Uint8Array(coefficients.buffer, coefficients.byteOffset, coefficients.byteLength);
  return packParts(seed === undefined ? { coefficients: bytes } : { coefficients: bytes, seed }, level, degree);
}

/** Packs what SEAL saved uncompressed. */
export function packSaved(
  saved: Uint8Array,
  level: Level,
  degree: number,
  isSeeded: boolean,
  polynomials = 2,
): Uint8Array {
  return packParts(partsOfRlwePair(saved, level, degree, isSeeded, polynomials), level, degree);
}

function packParts({ coefficients, seed }: SavedRlwePair, level: Level, degree: number): Uint8Array {
  const packedAt = coefficients.length; // a multiple of 8
  const polynomials = packedAt / (8 * degree * level.primes.length);
  const length = packedLength(level, degree, seed !== undefined, polynomials);
  const prefix = seed?.length ?? 0;
  const memory = residueMemory(packedAt + length + 8);
  memory.set(coefficients);
  const widths = level.primes.map(bitLength);
  for (let from = 0, row = 0, position = 0; from < packedAt; from += 8 * degree, row++) {
    const width = widths[row % widths.length] ?? 0;
    residues().pack(from, degree, width, packedAt, position);
    position += width * degree;
  }
  const packed = new Uint8Array(length);
  if (seed !== undefined) packed.set(seed);
  packed.set(memory.subarray(packedAt, packedAt + length - prefix), prefix);
  return packed;
}

/** What packed bytes are to be. */
export interface PackedShape {
  readonly level: Level;
  readonly degree: number;
  readonly isSeeded: boolean;
  /** 2, or 3 for a product. */
  readonly polynomials?: number;
  /** For the error message: `public key`, `ciphertext`. */
  readonly what: string;
}

/**
 * The reverse, for bytes from anyone.
 * @param what for the error message
 * @throws BFV_BYTES_INVALID wrong length, a residue not below its prime, or a padding bit set
 */
export function unpackPair(
  packed: Uint8Array,
  level: Level,
  degree: number,
  isSeeded: boolean,
  what: string,
  polynomials = 2,
): RlwePair {
  const shape = { level, degree, isSeeded, what, polynomials };
  const { memory, end } = unpackAt(0, packed, shape);
  const coefficients = new BigUint64Array(memory.slice(0, end).buffer);
  return isSeeded ? { coefficients, seed: packed.slice(0, SEED_LENGTH) } : { coefficients };
}

/**
 * Unpacks a ciphertext from anyone to the bytes that SEAL loads.
 * @returns bytes that are good until the next call of this file's
 * @throws BFV_BYTES_INVALID as `unpackPair`
 */
export function unpackForSeal(packed: Uint8Array, shape: PackedShape): Uint8Array {
  const { level, degree, isSeeded } = shape;
  const seed = isSeeded ? packed.subarray(0, SEED_LENGTH) : undefined;
  const { before, after } = rlweFrame(countOf(shape), seed, level, degree, false);
  const { memory, end } = unpackAt(before.length, packed, shape);
  memory.set(before);
  memory.set(after, end);
  return memory.subarray(0, end + after.length);
}

/**
 * Adds a ciphertext from anyone to a sum of some, residue by residue, which is what homomorphic addition is.
 * @param sum residues as words, in SEAL's order, of the ciphertext of most polynomials so far; it may be overwritten
 * @returns the new sum
 * @throws BFV_BYTES_INVALID as `unpackPair`
 */
export function addPacked(sum: Uint8Array, packed: Uint8Array, shape: PackedShape): Uint8Array {
  const { level, degree } = shape;
  const { memory, end } = unpackAt(sum.length, packed, shape);
  memory.set(sum, 0);
  const termLength = end - sum.length;
  const [from, to] = termLength > sum.length ? [0, sum.length] : [sum.length, 0];
  for (let at = 0, row = 0; at < Math.min(sum.length, termLength); at += 8 * degree, row++) {
    residues().add(from + at, to + at, level.primes[row % level.primes.length] ?? 0n, degree);
  }
  const total = memory.subarray(to, to + Math.max(sum.length, termLength));
  if (total.length !== sum.length) return total.slice();
  sum.set(total);
  return sum;
}

/** Packs residues that are words, in SEAL's order. */
export function packWords(coefficients: Uint8Array, level: Level, degree: number): Uint8Array {
  return packParts({ coefficients }, level, degree);
}

function countOf({ level, degree, isSeeded, polynomials = 2 }: PackedShape): number {
  return degree * level.primes.length * (isSeeded ? 1 : polynomials);
}

/** Room after the residues for what SEAL writes there. */
const FRAME_ROOM = 256;

/** Unpacks to a place of the module's memory, and checks every residue. */
function unpackAt(start: number, packed: Uint8Array, shape: PackedShape): { memory: Uint8Array; end: number } {
  const { level, degree, isSeeded, polynomials = 2, what } = shape;
  const refuse = (why: string): MedexError =>
    new MedexError("BFV_BYTES_INVALID", `BFV ${what}: ${why}; fetch it again or check its profile`);
  const expected = packedLength(level, degree, isSeeded, polynomials);
  if (packed.length !== expected) throw refuse(`${packed.length} bytes, not ${expected}`);

  const end = start + 8 * countOf(shape);
  const packedAt = end + FRAME_ROOM;
  const memory = residueMemory(packedAt + expected + 8);
  memory.set(isSeeded ? packed.subarray(SEED_LENGTH) : packed, packedAt);
  const rows = level.primes.map((prime) => ({ prime, width: bitLength(prime) }));
  let position = 0;
  for (let to = start, row = 0; to < end; to += 8 * degree, row++) {
    const { prime = 0n, width = 0 } = rows[row % rows.length] ?? {};
    const isWrong = residues().unpack(packedAt, position, width, prime, to, degree) !== 0;
    if (isWrong) throw refuse("a coefficient is out of range");
    position += width * degree;
  }
  const last = packed.at(-1) ?? 0;
  const used = position % 8;
  if (used !== 0 && last >>> used !== 0) throw refuse("padding is not zero");
  return { memory, end };
}
