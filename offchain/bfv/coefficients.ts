/**
 * Coefficients packed at their exact bit width: a 36-bit residue takes 36 bits, not 64, nor the 40 that a byte-wise
 * compressor leaves. The packed length is fixed by the parameters, so a wrong length is detected before anything is read.
 */

import { MedexError } from "../errors.ts";
import type { Level } from "./context.ts";
import type { RlwePair } from "./seal-format.ts";

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
export function packPair(pair: RlwePair, level: Level, degree: number): Uint8Array {
  const polynomials = pair.coefficients.length / (degree * level.primes.length);
  const packed = new Uint8Array(packedLength(level, degree, pair.seed !== undefined, polynomials));
  if (pair.seed !== undefined) packed.set(pair.seed);
  let position = pair.seed?.length ?? 0;
  const widths = level.primes.map(bitLength);
  let pending = 0; // fewer than 8 bits, kept below 2^8
  let pendingBits = 0;
  // Little-endian halves: numbers are several times faster than bigint here.
  const halves = new Uint32Array(pair.coefficients.buffer, pair.coefficients.byteOffset, pair.coefficients.length * 2);
  for (let i = 0; i < pair.coefficients.length; i++) {
    const width = widths[Math.floor(i / degree) % widths.length] ?? 0;
    for (let half = 0; half < 2; half++) {
      let value = halves[2 * i + half] ?? 0;
      let left = half === 0 ? Math.min(width, 32) : Math.max(width - 32, 0);
      while (left > 0) {
        const take = Math.min(8 - pendingBits, left);
        pending |= (value & ((1 << take) - 1)) << pendingBits;
        value >>>= take;
        left -= take;
        pendingBits += take;
        if (pendingBits === 8) {
          packed[position++] = pending;
          pending = 0;
          pendingBits = 0;
        }
      }
    }
  }
  if (pendingBits > 0) packed[position] = pending;
  return packed;
}

/**
 * The reverse, for bytes from anyone.
 * @param what for the error message: `public key`, `ciphertext`
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
  const refuse = (why: string): MedexError =>
    new MedexError("BFV_BYTES_INVALID", `BFV ${what}: ${why}; fetch it again or check its profile`);
  const expected = packedLength(level, degree, isSeeded, polynomials);
  if (packed.length !== expected) throw refuse(`${packed.length} bytes, not ${expected}`);

  const count = degree * level.primes.length * (isSeeded ? 1 : polynomials);
  const coefficients = new BigUint64Array(count);
  const halves = new Uint32Array(coefficients.buffer);
  const widths = level.primes.map(bitLength);
  const limits = level.primes.map(Number); // exact: primes have at most 53 bits, or are compared below as bigint
  let position = isSeeded ? SEED_LENGTH : 0;
  let current = 0;
  let available = 0;
  for (let i = 0; i < count; i++) {
    const prime = Math.floor(i / degree) % widths.length;
    const width = widths[prime] ?? 0;
    for (let half = 0; half < 2; half++) {
      const wanted = half === 0 ? Math.min(width, 32) : Math.max(width - 32, 0);
      let value = 0;
      for (let got = 0; got < wanted; ) {
        if (available === 0) {
          current = packed[position++] ?? 0;
          available = 8;
        }
        const take = Math.min(available, wanted - got);
        value |= (current & ((1 << take) - 1)) << got;
        current >>>= take;
        available -= take;
        got += take;
      }
      halves[2 * i + half] = value >>> 0;
    }
    const approximate = (halves[2 * i + 1] ?? 0) * 2 ** 32 + (halves[2 * i] ?? 0);
    if (approximate >= (limits[prime] ?? 0) && (coefficients[i] ?? 0n) >= (level.primes[prime] ?? 0n)) {
      throw refuse("a coefficient is out of range");
    }
  }
  if (current !== 0) throw refuse("padding is not zero");
  return isSeeded ? { coefficients, seed: packed.slice(0, SEED_LENGTH) } : { coefficients };
}
