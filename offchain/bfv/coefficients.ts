/**
 * Coefficients packed at their exact bit width: a 36-bit residue takes 36 bits, not 64, nor the 40 that a byte-wise
 * compressor leaves. The packed length is fixed by the parameters, so a wrong length is detected before anything is read.
 */

import { MedexError } from "@medexchain/core";
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
  const { coefficients, seed } = pair;
  const polynomials = coefficients.length / (degree * level.primes.length);
  const length = packedLength(level, degree, seed !== undefined, polynomials);
  const prefix = seed?.length ?? 0;
  // 32-bit words, both here and of the coefficients: several times faster than bigint, or than byte by byte. Little-endian, as
  // is WebAssembly. A coefficient touches three words, so there are two more than needed.
  const words = new Uint32Array(Math.ceil((length - prefix) / 4) + 2);
  const halves = new Uint32Array(coefficients.buffer, coefficients.byteOffset, coefficients.length * 2);
  const widths = level.primes.map(bitLength);
  let position = 0;
  for (let row = 0, i = 0; i < coefficients.length; row++) {
    const width = widths[row % widths.length] ?? 0;
    for (const end = i + degree; i < end; i++, position += width) {
      const low = halves[2 * i] ?? 0;
      const high = halves[2 * i + 1] ?? 0;
      const at = position >>> 5;
      const shift = position & 31;
      words[at] = (words[at] ?? 0) | (low << shift);
      if (shift === 0) words[at + 1] = high;
      else {
        words[at + 1] = (low >>> (32 - shift)) | (high << shift);
        words[at + 2] = high >>> (32 - shift);
      }
    }
  }
  const packed = new Uint8Array(length);
  if (seed !== undefined) packed.set(seed);
  packed.set(new Uint8Array(words.buffer, 0, length - prefix), prefix);
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

  const prefix = isSeeded ? SEED_LENGTH : 0;
  const words = new Uint32Array(Math.ceil((expected - prefix) / 4) + 2);
  new Uint8Array(words.buffer).set(packed.subarray(prefix));
  const coefficients = new BigUint64Array(degree * level.primes.length * (isSeeded ? 1 : polynomials));
  const halves = new Uint32Array(coefficients.buffer);
  const rows = level.primes.map((prime) => {
    const bits = bitLength(prime);
    return {
      bits,
      lowMask: bits >= 32 ? 0xffffffff : 2 ** bits - 1,
      highMask: bits > 32 ? 2 ** (bits - 32) - 1 : 0,
      primeLow: Number(prime & 0xffffffffn),
      primeHigh: Number(prime >> 32n),
    };
  });
  let position = 0;
  for (let row = 0, i = 0; i < coefficients.length; row++) {
    const { bits = 0, lowMask = 0, highMask = 0, primeLow = 0, primeHigh = 0 } = rows[row % rows.length] ?? {};
    for (const end = i + degree; i < end; i++, position += bits) {
      const at = position >>> 5;
      const shift = position & 31;
      const first = words[at] ?? 0;
      const second = words[at + 1] ?? 0;
      const third = words[at + 2] ?? 0;
      const low = ((shift === 0 ? first : (first >>> shift) | (second << (32 - shift))) & lowMask) >>> 0;
      const high = ((shift === 0 ? second : (second >>> shift) | (third << (32 - shift))) & highMask) >>> 0;
      if (high > primeHigh || (high === primeHigh && low >= primeLow)) throw refuse("a coefficient is out of range");
      halves[2 * i] = low;
      halves[2 * i + 1] = high;
    }
  }
  const last = packed.at(-1) ?? 0;
  const used = position % 8;
  if (used !== 0 && last >>> used !== 0) throw refuse("padding is not zero");
  return isSeeded ? { coefficients, seed: packed.slice(0, SEED_LENGTH) } : { coefficients };
}
