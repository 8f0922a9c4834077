/**
 * A holder's part of the release, in two: `d_i = c1·s_i + smudge_i`, which takes the encryption off the sum together with the others', and
 * `M_i = Σ_p r_(p,i) − k_i`, the sum of the patients' masks for this holder (masks.ts) with its noise for ε. The noise is with the masks, since who has
 * the joint secret needs no `d_i`. Each holder adds all of the noise that ε asks for: the others may work together and take theirs off again.
 *
 * Two partial decryptions of one sum with different noise would have a mean with less than ε asks for. So the noise grows from the holder's secret
 * key and all that it is for, and the same sum gives the same bytes however often it is decrypted. Sums that differ by one patient would show that
 * patient: that a study has one sum which is decrypted is for the contract to see to, and for the holder to ask it.
 */

import { type BfvContext, packPair, unpackPair } from "@medexchain/bfv/ring";
import { encodeObject, MedexError, sha256, toHex32 } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { discreteLaplace, type RandomSource } from "./discrete-laplace.ts";
import { encodePartial } from "./files.ts";
import { secretResidues } from "./key-share.ts";
import { drawMask, maskKeySeed, openMaskSeed } from "./masks.ts";
import { decodes } from "./parameters.ts";
import type { StudyPlan } from "./plan.ts";
import { secretStream } from "./secret-stream.ts";
import { modulo, modulusOf, studyRing, transformPair } from "./study-ring.ts";
import { addInputs, decodeSum, type StudyInputs } from "./sum.ts";

export interface PartialOptions {
  /** The holder's id, 32 bytes. */
  readonly holder: Uint8Array;
  /** Of the holder's key share. */
  readonly secretKey: Uint8Array;
  /** The sum's file. */
  readonly sum: Uint8Array;
}

export interface DecryptOptions extends PartialOptions {
  /** What it is the sum of, in the order in which their patients joined. */
  readonly inputs: StudyInputs;
}

/** Patients that an error names, of those whose masks do not open. */
const NAMED = 20;

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
export function productWithSecret(bfv: BfvContext, pair: BigUint64Array, secret: BigUint64Array): BigUint64Array {
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
 * Makes the sum again, and adds the holder's masks up, slot by slot, modulo t.
 * @throws STUDY_SUM_INVALID the sum is not that of these inputs; STUDY_INPUT_INVALID names the patients whose masks do not open
 */
async function sumMasks(plan: StudyPlan, { holder, secretKey, sum, inputs }: DecryptOptions): Promise<bigint[]> {
  const { plainModulus: t } = await studyRing(plan);
  const { study, scales } = plan;
  const place = study.holders.findIndex((each) => equalBytes(each, holder));
  const masks = scales.map(() => 0n);
  const shut: Uint8Array[] = [];
  const keySeed = maskKeySeed(study.id, secretKey);
  try {
    const again = await addInputs(plan, inputs, async ({ patient }, { packed, seeds }) => {
      const subject = { study: study.id, patient, holder };
      const box = seeds[place];
      const seed = box && (await openMaskSeed(keySeed, subject, packed, box));
      if (seed === undefined) {
        shut.push(patient);
        return;
      }
      const mask = drawMask(seed, subject, masks.length, t);
      for (const [slot, value] of mask.entries()) masks[slot] = ((masks[slot] ?? 0n) + value) % t;
      mask.fill(0n);
      seed.fill(0);
    });
    if (!equalBytes(again, sum)) {
      throw new MedexError(
        "STUDY_SUM_INVALID",
        "the published sum is not the sum of its patients' inputs: nothing is released",
      );
    }
  } finally {
    keySeed.fill(0);
  }
  if (shut.length > 0) throw refuseShut(shut);
  return masks;
}

function refuseShut(patients: readonly Uint8Array[]): MedexError {
  const named = patients.slice(0, NAMED).map(toHex32).join(", ");
  const more = patients.length > NAMED ? ` and of ${patients.length - NAMED} more` : "";
  return new MedexError(
    "STUDY_INPUT_INVALID",
    `the masks of patient ${named}${more} do not open with this holder's key: nothing is released; have the sum made again without them, and have each holder allow that`,
  );
}

/**
 * Decrypts a sum in part, with the noise that the study's ε asks for. The sum is made again of its inputs before.
 * @returns the file to publish, always the same of the same sum
 * @throws STUDY_RELEASE_REFUSED the cohort is too small, or the smudging would not hide the sum's noise, or drown the sum; STUDY_SUM_INVALID the sum is
 *   not that of the inputs; STUDY_INPUT_INVALID an input is wrong, or is masked so that this holder cannot take the mask off
 */
export async function partialDecryption(plan: StudyPlan, options: DecryptOptions): Promise<Uint8Array> {
  const { holder, secretKey, sum } = options;
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
  if (inputs.length > parameters.size.cohort || !decodes(parameters, modulusOf(dataLevel), t)) {
    throw new MedexError(
      "STUDY_RELEASE_REFUSED",
      "the sum is of more patients than its parameters are for: nothing is released",
    );
  }
  const masks = await sumMasks(plan, options);
  const pair = unpackPair(packed, dataLevel, degree, false, "sum").coefficients;
  const secret = secretResidues(bfv, study.id, secretKey);
  const partial = productWithSecret(bfv, pair, secret);
  secret.fill(0n);
  const smudging = secretStream("smudging", secretKey, contextOf(plan, holder, sum));
  const smudges = drawSmudges(parameters.smudgingBits, degree, smudging);
  for (let i = 0; i < degree; i++) {
    for (const [row, prime] of dataLevel.primes.entries()) {
      const at = row * degree + i;
      partial[at] = modulo((partial[at] ?? 0n) + (smudges[i] ?? 0n), prime);
    }
  }
  const noise = noiseOf(plan, { holder, secretKey, sum });
  return encodePartial({
    study: study.id,
    from: holder,
    sum: sha256(sum),
    packed: packPair({ coefficients: partial }, dataLevel, degree),
    masks: packMasks(masks.map((mask, slot) => modulo(mask - (noise[slot] ?? 0n), t))),
  });
}

function packMasks(masks: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(8 * masks.length);
  const view = new DataView(bytes.buffer);
  for (const [slot, mask] of masks.entries()) view.setBigUint64(8 * slot, mask, true);
  return bytes;
}
