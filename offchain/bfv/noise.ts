/**
 * How much noise budget a ciphertext has left, predicted without the key, so that a computation that would end in garbage is
 * refused before it starts.
 *
 * The budget is `-log2(2·‖v‖)` with `v` the invariant noise: `(t/q)·ct(s) = m + v (mod t)`; decryption is right while it is
 * above 0. Noise coefficients are sums of many small independent terms, so their variance is tracked and `‖v‖` taken as ten
 * standard deviations: over all coefficients that fails with a probability below 2^-60 (the average-case analysis of Costache,
 * Laine and Player, "Evaluating the effectiveness of heuristic worst-case noise analysis in FHE", 2020). A secret's ternary
 * coefficients have variance 2/3, an error's 21/2 (SEAL's centred binomial), a rounding's 1/12.
 *
 * The predictions are for honest ciphertexts: whoever makes one chooses its noise. Decryption measures what is there.
 */

import { MedexError } from "@medexchain/core";
import type { BfvContext } from "./context.ts";

const DEVIATIONS = 10;
/** Bits taken off after a product: its terms share the secret, so they are not quite independent. */
const PRODUCT_MARGIN = 2;
const ERROR_VARIANCE = 21 / 2;
const SECRET_VARIANCE = 2 / 3;

function log2(value: bigint): number {
  const shift = Math.max(0, value.toString(2).length - 53);
  return Math.log2(Number(value >> BigInt(shift))) + shift;
}

function plainBits(bfv: BfvContext): number {
  return log2(bfv.plainModulus);
}

/** `log2` of the modulus `q` at the data level. */
function modulusBits({ dataLevel }: BfvContext): number {
  return dataLevel.primes.reduce((sum, prime) => sum + log2(prime), 0);
}

/** Bits of a fresh ciphertext at the data level, under either kind of encryption. */
export function freshBudget(bfv: BfvContext): number {
  const { degree, keyLevel, dataLevel } = bfv;
  const error = ERROR_VARIANCE * (1 + 2 * degree * SECRET_VARIANCE);
  const rounding = (1 + degree * SECRET_VARIANCE) / 12;
  // Where there is a key-switching prime, SEAL encrypts with it and divides by it: rounding is what then remains.
  const isSwitched = keyLevel.primes.length > dataLevel.primes.length;
  const variance = (isSwitched ? rounding + ERROR_VARIANCE : error) + 1 / 12;
  return modulusBits(bfv) - plainBits(bfv) - Math.log2(variance) / 2 - Math.log2(DEVIATIONS) - 1;
}

/** Bits of a sum, whatever its terms have to do with each other. Adding a plaintext is adding one fresh term of less noise. */
export function budgetOfSum(budgets: readonly number[]): number {
  return -Math.log2(budgets.reduce((noise, budget) => noise + 2 ** -budget, 0));
}

/** Bits of the product with a plaintext: each of its coefficients may be as large as `t/2`. */
export function budgetOfPlainProduct(bfv: BfvContext, budget: number): number {
  return budget - (Math.log2(bfv.degree) / 2 + plainBits(bfv) - 1);
}

/** Bits of a square, before relinearisation: `2v·(m + t·a)`, with `a` what `(t/q)·ct(s)` exceeds `t` by. */
export function budgetOfSquare(bfv: BfvContext, budget: number): number {
  const { degree } = bfv;
  const multiples = (2 + degree * SECRET_VARIANCE) / 12;
  return budget - (1 + Math.log2(degree) / 2 + plainBits(bfv) + Math.log2(multiples) / 2) - PRODUCT_MARGIN;
}

/**
 * Lets a predicted budget pass or not.
 * @throws BFV_NOISE_EXHAUSTED less than one bit
 */
export function requireBudget(budget: number, operation: string): void {
  if (budget >= 1) return;
  throw new MedexError(
    "BFV_NOISE_EXHAUSTED",
    `${operation}: the noise would drown the result; use a larger profile, or fewer steps in a row`,
  );
}
