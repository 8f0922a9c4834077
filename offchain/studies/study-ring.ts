/** A study's ring: its SEAL context, and residues in and out of the NTT domain. All arithmetic on residues is exact. */

import {
  type BfvContext,
  callSeal,
  type Level,
  openContext,
  readRlwePair,
  writePlaintext,
  writeRlwePair,
} from "@medexchain/bfv/ring";
import { MedexError } from "@medexchain/core";
import { decodes } from "./parameters.ts";
import type { StudyPlan } from "./plan.ts";

const contexts = new Map<string, Promise<BfvContext>>();

/** `q` at a level. */
export function modulusOf({ primes }: Level): bigint {
  return primes.reduce((product, prime) => product * prime, 1n);
}

/**
 * The context of a study's parameters, opened once for the life of the process; it holds no secret.
 * @throws STUDY_INVALID the primes that SEAL chose leave too little room
 */
export async function studyRing({ parameters }: StudyPlan): Promise<BfvContext> {
  const key = JSON.stringify(parameters.bfv);
  let opening = contexts.get(key);
  if (opening === undefined) {
    opening = openContext(parameters.bfv);
    contexts.set(key, opening);
  }
  const bfv = await opening;
  if (!decodes(parameters, modulusOf(bfv.dataLevel), bfv.plainModulus)) {
    throw new MedexError("STUDY_INVALID", "the noise that hides the parts of the study's sums would drown the sums");
  }
  return bfv;
}

/** `x mod p`, of `[0, p)`. */
export const modulo = (x: bigint, p: bigint): bigint => ((x % p) + p) % p;

/** `x mod p`, of `(-p/2, p/2)` for an odd p. */
export function centred(x: bigint, p: bigint): bigint {
  const least = modulo(x, p);
  return 2n * least > p ? least - p : least;
}

/** The words at the end of what SEAL saved: the residues of one polynomial, prime by prime. */
export function lastResidues(saved: Uint8Array, { degree }: BfvContext, { primes }: Level): BigUint64Array {
  const length = 8 * degree * primes.length;
  return new BigUint64Array(saved.slice(saved.length - length).buffer);
}

/** A small polynomial, coefficients between `-t/2` and `t/2`, in the NTT domain at key level. */
export function smallToNtt(bfv: BfvContext, coefficients: readonly number[]): BigUint64Array {
  const { seal, context, plainModulus } = bfv;
  return callSeal("BFV_BYTES_INVALID", "SEAL does not transform a polynomial", () => {
    const bytes = writePlaintext(BigUint64Array.from(coefficients, (each) => modulo(BigInt(each), plainModulus)));
    using plaintext = new seal.Plaintext();
    using evaluator = new seal.Evaluator(context);
    using keyParmsId = context.keyParmsId();
    plaintext.loadFromArray(context, bytes);
    evaluator.plainTransformToNttInplace(plaintext, keyParmsId);
    const saved = plaintext.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
    const residues = lastResidues(saved, bfv, bfv.keyLevel);
    plaintext.setZero();
    bytes.fill(0);
    saved.fill(0);
    return residues;
  });
}

/** A pair of polynomials at the data level into the NTT domain, or out of it. */
export function transformPair(
  bfv: BfvContext,
  coefficients: BigUint64Array,
  to: "ntt" | "coefficients",
): BigUint64Array {
  const { seal, context, degree, dataLevel } = bfv;
  return callSeal("STUDY_SUM_INVALID", "SEAL does not transform the study's sum", () => {
    const bytes = writeRlwePair({ coefficients }, dataLevel, degree, to === "coefficients");
    using ciphertext = new seal.Ciphertext();
    using evaluator = new seal.Evaluator(context);
    ciphertext.loadFromArray(context, bytes);
    if (to === "ntt") evaluator.cipherTransformToNttInplace(ciphertext);
    else evaluator.cipherTransformFromNttInplace(ciphertext);
    const saved = ciphertext.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
    const pair = readRlwePair(saved, dataLevel, degree, false).coefficients;
    bytes.fill(0);
    saved.fill(0);
    return pair;
  });
}

/** Slots to the plaintext polynomial whose slots they are: coefficients of `[0, t)`. The slots that are not given are 0. */
export function slotsToPolynomial(bfv: BfvContext, slots: readonly bigint[]): BigUint64Array {
  const { seal, degree } = bfv;
  return callSeal("STUDY_INVALID", "SEAL does not encode the study's slots", () => {
    using encoder = new seal.BatchEncoder(bfv.context);
    using plaintext = new seal.Plaintext();
    const all = new BigInt64Array(degree);
    all.set(slots);
    encoder.encode(all, plaintext);
    all.fill(0n);
    const count = plaintext.coeffCount();
    const saved = plaintext.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
    plaintext.setZero();
    const polynomial = new BigUint64Array(degree);
    polynomial.set(new BigUint64Array(saved.slice(saved.length - 8 * count).buffer));
    saved.fill(0);
    return polynomial;
  });
}

/** The reverse: as many slots as are asked for, of `(-t/2, t/2)`. */
export function polynomialToSlots(bfv: BfvContext, polynomial: BigUint64Array, count: number): bigint[] {
  const { seal, context } = bfv;
  return callSeal("STUDY_UNDECIPHERABLE", "SEAL does not decode the study's sums", () => {
    using encoder = new seal.BatchEncoder(context);
    using plaintext = new seal.Plaintext();
    plaintext.loadFromArray(context, writePlaintext(polynomial));
    const slots = encoder.decodeBigInt64(plaintext) as BigInt64Array; // embind types it `any`
    return [...slots.subarray(0, count)];
  });
}
