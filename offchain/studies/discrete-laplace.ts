/**
 * Two-sided geometric (discrete Laplace) noise, exactly: integers only, no floating point, from cryptographic randomness. Rejection throughout
 * (Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy", NeurIPS 2020, algorithms 1 and 2). A sample says with its
 * running time something of its magnitude: it is drawn before anything is sent, and nobody else sees the time of its own.
 */

import { MedexError } from "@medexchain/core";
import { randomBytes } from "@noble/hashes/utils.js";

/** So many uniform random bytes. */
export type RandomSource = (length: number) => Uint8Array;

/** Uniform in `[0, below)`, by rejection. */
function uniform(below: bigint, random: RandomSource): bigint {
  const bits = (below - 1n).toString(2).length;
  const length = Math.ceil(bits / 8);
  const mask = (1n << BigInt(bits)) - 1n;
  for (;;) {
    const drawn = random(length).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) & mask;
    if (drawn < below) return drawn;
  }
}

/** True with probability `numerator/denominator`, which is at most 1. */
function bernoulli(numerator: bigint, denominator: bigint, random: RandomSource): boolean {
  return uniform(denominator, random) < numerator;
}

/** True with probability `exp(-numerator/denominator)`, of an exponent in `[0, 1]` (algorithm 1). */
function bernoulliExp(numerator: bigint, denominator: bigint, random: RandomSource): boolean {
  let k = 1n;
  while (bernoulli(numerator, denominator * k, random)) k += 1n;
  return k % 2n === 1n;
}

/** The scale of discrete Laplace noise, as a fraction. */
export interface NoiseScale {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * Draws `z` with probability proportional to `exp(-|z|/scale)` (algorithm 2).
 * @throws INPUT_INVALID a scale that is not positive
 */
export function discreteLaplace({ numerator, denominator }: NoiseScale, random: RandomSource = randomBytes): bigint {
  if (numerator < 1n || denominator < 1n) throw new MedexError("INPUT_INVALID", "the scale of noise must be positive");
  for (;;) {
    const rest = uniform(numerator, random);
    if (!bernoulliExp(rest, numerator, random)) continue;
    let wholes = 0n;
    while (bernoulliExp(1n, 1n, random)) wholes += 1n;
    const magnitude = (rest + numerator * wholes) / denominator;
    const isNegative = bernoulli(1n, 2n, random);
    // Else zero would come twice as often.
    if (isNegative && magnitude === 0n) continue;
    return isNegative ? -magnitude : magnitude;
  }
}
