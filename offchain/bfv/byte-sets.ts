/**
 * Parameter sets for the exact bytes of features. Nothing is ever computed on these ciphertexts, so that `q` needs room for the plaintext and for the
 * noise of encryption, and for nothing else: `n` is the smallest at which SEAL's 128-bit level admits that `q`, and `t`, a power of two that fills
 * coefficients and no slots, the largest that is decrypted without fail.
 *
 * Decryption is right while no coefficient of the noise reaches `q/(2t)` (less 1/2, for the rounding of `q/t`). An error's coefficient is at most 21 (SEAL's
 * centred binomial, of 21 and 21 bits). So, with a secret key, `t ≤ q/64` can never fail. With a public key the noise is `e·u + e1 + e2·s`, u and s
 * ternary: a sum of at most `2n + 1` errors, which is sub-Gaussian with a variance of at most `(2n + 1)·21/2` whatever u and s are. By
 * Hoeffding's bound and over all coefficients, it reaches `q/(2t)` with a probability below 2^-120 in each set; a test computes it.
 */

import type { BfvParameters } from "./profiles.ts";

/** `seeded`: with the secret key, the random half kept as its seed. `full`: with a public key. */
export type ByteForm = "seeded" | "full";

const set = (degree: number, bits: number, plainBits: Record<ByteForm, number>): Record<ByteForm, BfvParameters> => {
  const of = (form: ByteForm): BfvParameters => ({
    degree,
    coefficientBits: [bits],
    plainBits: plainBits[form],
    batches: false,
    byteLevelPrimes: 1,
  });
  return { seeded: of("seeded"), full: of("full") };
};

/** `short` is for what fits a few of its ciphertexts, `long`, whose ciphertexts are a smaller multiple of what they hold, for all else. */
export const BYTE_SETS = {
  short: set(1024, 27, { seeded: 20, full: 15 }),
  long: set(2048, 54, { seeded: 48, full: 41 }),
} as const;

export type ByteSetName = keyof typeof BYTE_SETS;

export const BYTE_SET_NAMES = ["short", "long"] as const satisfies ByteSetName[];

/** Bytes that one ciphertext holds. */
export function capacityOf(set: ByteSetName, form: ByteForm): number {
  const { degree, plainBits } = BYTE_SETS[set][form];
  return (degree * plainBits) / 8;
}

const SEED_LENGTH = 64;

/** Bytes that one ciphertext has. */
function lengthOf(set: ByteSetName, form: ByteForm): number {
  const { degree, coefficientBits } = BYTE_SETS[set][form];
  const polynomial = (degree * (coefficientBits[0] ?? Number.NaN)) / 8;
  return form === "seeded" ? polynomial + SEED_LENGTH : 2 * polynomial;
}

/** In which set, and in how many ciphertexts, so many bytes are encrypted. */
export interface ByteLayout {
  readonly set: ByteSetName;
  readonly count: number;
}

/**
 * The set whose ciphertexts are smallest together. What they show of the length is its class alone: their number is rounded up so that few numbers occur.
 *
 * @param length in bytes, from 1
 */
export function layBytesOut(length: number, form: ByteForm): ByteLayout {
  const layouts = BYTE_SET_NAMES.map((set) => ({ set, count: sizeClass(Math.ceil(length / capacityOf(set, form))) }));
  return layouts.reduce((best, each) =>
    each.count * lengthOf(each.set, form) < best.count * lengthOf(best.set, form) ? each : best,
  );
}

/** Bytes of the ciphertexts of so many bytes. */
export function byteCiphertextsLength(length: number, form: ByteForm): number {
  const { set, count } = layBytesOut(length, form);
  return count * lengthOf(set, form);
}

/**
 * A whole number, rounded up to one of few: of `e + 1` bits, to the `⌊log2 e⌋ + 2` highest of them, which adds at most 12 % and leaves O(log log) of them (Padmé:
 * Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", PoPETs 2019, 4.2). Up to 7 it changes none.
 */
export function sizeClass(count: number): number {
  if (count < 2) return count;
  const exponent = Math.floor(Math.log2(count));
  const kept = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** Math.max(0, exponent - kept);
  return Math.ceil(count / step) * step;
}
