/**
 * The released sums: `c0 + Σ d_i` decodes to the masked ones, and `Σ M_i` takes the masks off. It takes no secret: anyone who has the partial decryptions
 * can do it, and so check it.
 */

import { type BfvContext, unpackPair } from "@medexchain/bfv/ring";
import { MedexError, sha256 } from "@medexchain/core";
import { decodePartial } from "./files.ts";
import { largestNoise } from "./parameters.ts";
import { type StudyPlan, slotRanges } from "./plan.ts";
import { centred, modulo, modulusOf, polynomialToSlots, studyRing } from "./study-ring.ts";
import { decodeSum } from "./sum.ts";

export interface ReleasedSums {
  /** Patients in the sum. */
  readonly count: number;
  /** Slot by slot as the study's layout says, with all holders' noise. */
  readonly slots: readonly bigint[];
}

function inverse(value: bigint, prime: bigint): bigint {
  let [r0, r1, s0, s1] = [prime, modulo(value, prime), 0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1, s0, s1] = [r1, r0 - quotient * r1, s1, s0 - quotient * s1];
  }
  return modulo(s0, prime);
}

/** Adds partial decryptions to `c0`, and takes the residues of each coefficient together (Chinese remainders). */
function addAll({ dataLevel, degree }: BfvContext, c0: BigUint64Array, partials: readonly BigUint64Array[]): bigint[] {
  const q = modulusOf(dataLevel);
  const weights = dataLevel.primes.map((prime) => (q / prime) * inverse(q / prime, prime));
  return Array.from({ length: degree }, (_, i) => {
    let value = 0n;
    for (const [row, weight] of weights.entries()) {
      const at = row * degree + i;
      const residue = partials.reduce((sum, partial) => sum + (partial[at] ?? 0n), c0[at] ?? 0n);
      value += (residue % (dataLevel.primes[row] ?? 1n)) * weight;
    }
    return value % q;
  });
}

/** A holder's sum of masks, slot by slot. */
function unpackMasks(bytes: Uint8Array, slots: number, t: bigint): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const masks =
    bytes.length === 8 * slots ? Array.from({ length: slots }, (_, slot) => view.getBigUint64(8 * slot, true)) : [];
  if (masks.length !== slots || masks.some((mask) => mask >= t)) {
    throw new MedexError("STUDY_RELEASE_REFUSED", "the masks of a partial decryption are damaged: refuse it");
  }
  return masks;
}

/**
 * Combines all holders' partial decryptions.
 * @param partials one file for each holder, in the study's order
 * @throws STUDY_RELEASE_REFUSED one is missing, or is another study's, holder's or sum's; STUDY_UNDECIPHERABLE the noise, or a sum, is more than that of
 *   honest inputs and holders, so the numbers would be wrong; STUDY_SUM_INVALID
 */
export async function combinePartials(
  plan: StudyPlan,
  sum: Uint8Array,
  partials: readonly Uint8Array[],
): Promise<ReleasedSums> {
  const bfv = await studyRing(plan);
  const { degree, dataLevel, plainModulus: t } = bfv;
  const { study, scales, parameters } = plan;
  if (partials.length !== study.holders.length) {
    throw new MedexError(
      "STUDY_RELEASE_REFUSED",
      `${partials.length} partial decryptions of ${study.holders.length}: wait for the others, without each of which nothing can be read`,
    );
  }
  const { inputs, packed } = await decodeSum(plan, sum);
  const digest = sha256(sum);
  const half = degree * dataLevel.primes.length;
  const c0 = unpackPair(packed, dataLevel, degree, false, "sum").coefficients.subarray(0, half);
  const parts = partials.map((file, i) => {
    const from = study.holders[i] ?? new Uint8Array();
    const part = decodePartial(file, { study: study.id, from, sum: digest });
    const { coefficients } = unpackPair(part.packed, dataLevel, degree, false, "partial decryption", 1);
    return { coefficients, masks: unpackMasks(part.masks, scales.length, t) };
  });
  const unpacked = parts.map(({ coefficients }) => coefficients);
  const q = modulusOf(dataLevel);
  // The sum wraps round t with the rounding of each of its terms, which its noise bound counts.
  const bound = largestNoise(parameters) * t;
  const polynomial = new BigUint64Array(degree);
  for (const [i, value] of addAll(bfv, c0, unpacked).entries()) {
    const message = (2n * value * t + q) / (2n * q);
    const noise = value * t - message * q;
    if (noise > bound || -noise > bound) {
      throw new MedexError(
        "STUDY_UNDECIPHERABLE",
        "the partial decryptions do not open the sum: a holder's is false, or an input has more noise than an honest one",
      );
    }
    polynomial[i] = modulo(message, t);
  }
  const count = inputs.length;
  const masked = polynomialToSlots(bfv, polynomial, scales.length);
  const slots = masked.map((value, slot) =>
    centred(
      parts.reduce((rest, { masks }) => rest - (masks[slot] ?? 0n), value),
      t,
    ),
  );
  for (const [slot, { least, most }] of slotRanges(plan, count).entries()) {
    const value = slots[slot] ?? 0n;
    if (value < least || value > most) {
      throw new MedexError(
        "STUDY_UNDECIPHERABLE",
        "a released sum is beyond what the values of its patients and all noise can give: a holder's part is false, or an input is not in range or not masked as it says",
      );
    }
  }
  return { count, slots };
}
