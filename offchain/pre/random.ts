/** Randomness, as a parameter: every algorithm that draws takes a source, the platform's CSPRNG by default. */

import { MedexError } from "@medexchain/core";
import { randomBytes } from "@noble/hashes/utils.js";

/**
 * Gives `length` fresh random bytes. The caller owns the returned array and overwrites it after use, so a source must not
 * hand out memory that it goes on using.
 */
export type RandomSource = (length: number) => Uint8Array;

/** The platform's CSPRNG (`crypto.getRandomValues`). */
export const systemRandom: RandomSource = (length) => randomBytes(length);

/**
 * Draws exactly `length` bytes.
 *
 * @throws PRE_RANDOM_INVALID when the source returns another length
 */
export function drawBytes(random: RandomSource, length: number): Uint8Array {
  const bytes = random(length);
  if (!(bytes instanceof Uint8Array) || bytes.length !== length) {
    throw new MedexError("PRE_RANDOM_INVALID", `the random source must return ${length} bytes; use the default source`);
  }
  return bytes;
}
