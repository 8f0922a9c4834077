/**
 * A holder's part of the release: `d_i = c1·s_i + smudge_i + round(q·k_i/t)`, with `k_i` the polynomial whose slots are the holder's noise for ε.
 * Each holder adds all of the noise that ε asks for: the others may work together and take theirs off again.
 *
 * Two partial decryptions of one sum with different noise would have a mean with less than ε asks for. So the noise grows from the holder's secret
 * key and all that it is for, and the same sum gives the same bytes however often it is decrypted. Sums that differ by one patient would show that
 * patient: that a study has one sum which is decrypted is for the contract to see to, and for the holder to ask it.
 */

import { type BfvContext, packPair, unpackPair } from "@medexchain/bfv/ring";
import { encodeObject, MedexError, sha256 } from "@medexchain/core";
import { discreteLaplace, type RandomSource } from "./discrete-laplace.ts";
import { encodePartial } from "./files.ts";
import { secretResidues } from "./key-share.ts";
import { decodes } from "./parameters.ts";
import type { StudyPlan } from "./plan.ts";
import { secretStream } from "./secret-stream.ts";
import { modulo, modulusOf, slotsToPolynomial, studyRing, transformPair } from "./study-ring.ts";
import { decodeSum } from "./sum.ts";

export interface PartialOptions {
  /** The holder's id, 32 bytes. */
  readonly holder: Uint8Array;
  /** Of the holder's key share. */
  readonly secretKey: Uint8Array;
  /** The sum's file. The holder has computed it anew from the inputs, and it gave the same bytes. */
  readonly sum: Uint8Array;
}

/** Uniform in `[-2^bits, 2^bits)`. */
function drawSmudges(bits: number, count: number, random: RandomSource): bigint[] {
  const length = Math.ceil((bits + 1) / 8);
  const mask = (1n << BigInt(bits + 1)) - 1n;
  const half = 1n << BigInt(bits);
  return Array.from(
    { length: count },
    () => (random(length).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) & mask) - half,
  );
}

/** What noise is for: the sum, and the terms by which it is drawn. */
function contextOf({ study, parameters, scales }: StudyPlan, holder: Uint8Array, sum: Uint8Array): Uint8Array {
  const terms = [parameters.smudgingBits, ...scales.flatMap(({ numerator, denominator }) => [numerator, denominator])];
  return sha256(encodeObject({ study: study.id, holder, sum: sha256(sum), terms: terms.map(String) }));
}

/** The noise that a holder adds to the slots of a sum: always the same. */
export function noiseOf(plan: StudyPlan, { holder, secretKey, sum }: PartialOptions): bigint[] {
  const source = secretStream("noise", secretKey, contextOf(plan, holder, sum));
  return plan.scales.map((scale) => discreteLaplace(scale, source));
}

/** `c1·s` at the data level, in coefficients. The residues of the secret at the data level are the first of those at key level. */
function productWithSecret(bfv: BfvContext, pair: BigUint64Array, secret: BigUint64Array): BigUint64Array {
  const { degree, dataLevel } = bfv;
  const half = degree * dataLevel.primes.length;
  const transformed = transformPair(bfv, pair, "ntt");
  for (const [row, prime] of dataLevel.primes.entries()) {
    for (let i = row * degree; i < (row + 1) * degree; i++) {
      transformed[i] = ((transformed[half + i] ?? 0n) * (secret[i] ?? 0n)) % prime;
    }
  }
  return transformPair(bfv, transformed, "coefficients").subarray(0, half);
}

/**
 * Decrypts a sum in part, with the noise that the study's ε asks for.
 * @returns the file to publish, always the same of the same sum
 * @throws STUDY_RELEASE_REFUSED the cohort is too small, or the smudging would not hide the sum's noise, or drown the sum; STUDY_SUM_INVALID
 */
export async function partialDecryption(
  plan: StudyPlan,
  { holder, secretKey, sum }: PartialOptions,
): Promise<Uint8Array> {
  const bfv = await studyRing(plan);
  const { degree, dataLevel, plainModulus: t } = bfv;
  const { study, parameters } = plan;
  const { inputs, packed } = await decodeSum(plan, sum);
  if (inputs.length < study.minimumCohort) {
    throw new MedexError(
      "STUDY_RELEASE_REFUSED",
      `the sum is of ${inputs.length} patients, and the study promised at least ${study.minimumCohort}: nothing is released`,
    );
  }
  const q = modulusOf(dataLevel);
  if (inputs.length > parameters.size.cohort || !decodes(parameters, q, t)) {
    throw new MedexError(
      "STUDY_RELEASE_REFUSED",
      "the sum is of more patients than its parameters are for: nothing is released",
    );
  }
  const pair = unpackPair(packed, dataLevel, degree, false, "sum").coefficients;
  const secret = secretResidues(bfv, study.id, secretKey);
  const partial = productWithSecret(bfv, pair, secret);
  secret.fill(0n);
  const noise = slotsToPolynomial(bfv, noiseOf(plan, { holder, secretKey, sum }));
  const smudging = secretStream("smudging", secretKey, contextOf(plan, holder, sum));
  const smudges = drawSmudges(parameters.smudgingBits, degree, smudging);
  for (let i = 0; i < degree; i++) {
    const added = (smudges[i] ?? 0n) + (2n * q * (noise[i] ?? 0n) + t) / (2n * t);
    for (const [row, prime] of dataLevel.primes.entries()) {
      const at = row * degree + i;
      partial[at] = modulo((partial[at] ?? 0n) + added, prime);
    }
  }
  noise.fill(0n);
  return encodePartial({
    study: study.id,
    from: holder,
    sum: sha256(sum),
    packed: packPair({ coefficients: partial }, dataLevel, degree),
  });
}
