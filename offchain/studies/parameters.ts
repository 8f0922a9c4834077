/**
 * Parameters of a study's ring, by calculation: worst cases throughout, no averages.
 *
 * With `H` holders the joint secret is a sum of `H` ternary ones, so `‖s‖ ≤ H`, and the joint key's error a sum of `H` that are within 21 (SEAL's
 * centred binomial). An honest input then has noise of at most `B = 21·(2nH + 1)/p + (1 + nH)/2 + 1` after SEAL divides by its special prime
 * `p`, and a sum of `N` inputs `N·B`. Each holder adds smudging, uniform in `[-S, S)`. With `S ≥ 2^40·n·N·B` the noise of the sum, in which the
 * holders' secrets show, moves the distribution of all `n` coefficients by no more than `2^-40` (Asharov et al., EUROCRYPT 2012, lemma 1).
 * The sum decodes right while `N·B + H·S < q/(2t)`.
 */

import type { BfvParameters } from "@medexchain/bfv/ring";
import { MedexError } from "@medexchain/core";

const DEGREE = 8192;
/** 3 or 4 primes of 54 bits with the special one: at most 216 bits, and SEAL takes 218 at its 128-bit level. */
const PRIME_BITS = 54;
const DATA_PRIMES = [2, 3] as const;
const MAX_ERROR = 21n;
const SMUDGING_BITS = 40n;
/** SEAL's limits of a batching prime: it must be 1 modulo `2n`, and leave room for sums in 64 bits. */
const PLAIN_BITS = { min: 20, max: 60 } as const;

/** More holders than anyone has asked for, and fewer than would make a decision slow. */
export const MAX_HOLDERS = 8;
/** Inputs of one study. */
export const MAX_COHORT = 100_000;

export interface StudySize {
  /** Key holders, `H`. */
  readonly holders: number;
  /** Inputs at most, `N`. */
  readonly cohort: number;
  /** The largest magnitude that a slot of the released sums, noise included, may have. */
  readonly slotBound: bigint;
}

export interface StudyParameters {
  readonly bfv: BfvParameters;
  readonly size: StudySize;
  /** `N·B`: the noise of the sum, at most. */
  readonly sumNoise: bigint;
  /** Smudging is uniform in `[-2^smudgingBits, 2^smudgingBits)`. */
  readonly smudgingBits: number;
}

const bitLength = (value: bigint): number => value.toString(2).length;

/** Noise of one honest input, at most. */
function inputNoise(holders: bigint): bigint {
  const degree = BigInt(DEGREE);
  const special = 1n << BigInt(PRIME_BITS - 1); // no more than any prime of as many bits
  return (MAX_ERROR * (2n * degree * holders + 1n)) / special + 1n + (degree * holders + 1n) / 2n + 1n;
}

/**
 * The smallest ring that holds the sums of a study and drowns their noise.
 * @throws STUDY_INVALID holders or cohort out of range, or sums that no ring of ours holds
 */
export function studyParameters(size: StudySize): StudyParameters {
  const { holders, cohort, slotBound } = size;
  if (!Number.isSafeInteger(holders) || holders < 2 || holders > MAX_HOLDERS) {
    throw new MedexError("STUDY_INVALID", `a study has 2 to ${MAX_HOLDERS} key holders, not ${holders}`);
  }
  if (!Number.isSafeInteger(cohort) || cohort < 1 || cohort > MAX_COHORT) {
    throw new MedexError("STUDY_INVALID", `a study has 1 to ${MAX_COHORT} patients, not ${cohort}`);
  }
  // The highest bit of a prime is set: with one bit more than the bound, t/2 is above it.
  const least = Math.max(PLAIN_BITS.min, bitLength(slotBound) + 2);
  // A batching prime of as many bits as the others' would be one of them, and SEAL takes no `t` that divides `q`.
  const plainBits = least === PRIME_BITS ? least + 1 : least;
  if (plainBits > PLAIN_BITS.max) {
    throw new MedexError(
      "STUDY_INVALID",
      `the study's sums need ${plainBits} bits, and a slot has ${PLAIN_BITS.max}: narrow the ranges, use fewer decimal places, or lower the number of patients`,
    );
  }
  const sumNoise = BigInt(cohort) * inputNoise(BigInt(holders));
  const smudgingBits = bitLength((sumNoise * BigInt(DEGREE)) << SMUDGING_BITS);
  for (const dataPrimes of DATA_PRIMES) {
    const coefficientBits = Array.from({ length: dataPrimes + 1 }, () => PRIME_BITS);
    const bfv = { degree: DEGREE, coefficientBits, plainBits, byteLevelPrimes: dataPrimes };
    const parameters = { bfv, size, sumNoise, smudgingBits };
    const leastModulus = 1n << BigInt(dataPrimes * (PRIME_BITS - 1));
    if (decodes(parameters, leastModulus, 1n << BigInt(plainBits))) return parameters;
  }
  throw new MedexError(
    "STUDY_INVALID",
    "the study's sums and the noise that hides their parts fit no ring: narrow the ranges",
  );
}

/**
 * Whether a sum with all its noise decodes.
 * @param modulus `q` at the data level
 * @param plainModulus `t`
 */
export function decodes(
  { size, sumNoise, smudgingBits }: StudyParameters,
  modulus: bigint,
  plainModulus: bigint,
): boolean {
  return largestNoise({ size, sumNoise, smudgingBits }) < modulus / (2n * plainModulus);
}

/** What the noise of a released sum may be at most: the sum's own, and each holder's smudging. */
export function largestNoise({
  size,
  sumNoise,
  smudgingBits,
}: Pick<StudyParameters, "size" | "sumNoise" | "smudgingBits">): bigint {
  return sumNoise + BigInt(size.holders) * (1n << BigInt(smudgingBits));
}
