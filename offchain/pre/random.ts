/** Randomness, as a parameter: every algorithm that draws takes a source, the platform's CSPRNG by default. */

import { MedexError } from "@medexchain/core";
import { randomBytes } from "@noble/hashes/utils.js";
import type { Fr } from "mcl-wasm";
import { reduceToScalar } from "./curve.ts";

/**
 * Gives `length` fresh random bytes. The caller owns the returned array and overwrites it after use, so a source must not
 * hand out memory that it goes on using.
 */
export type RandomSource = (length: number) => Uint8Array;

/** The platform's CSPRNG (`crypto.getRandomValues`). */
export const systemRandom: RandomSource = (length) => randomBytes(length);

/** 48 bytes reduced modulo r (255 bits) are within 2^-128 of uniform: RFC 9380 §5, L = ceil((ceil(log2(r)) + k) / 8). */
export const WIDE_SCALAR_LENGTH = 48;

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

/**
 * Draws a uniform scalar, never zero; the caller clears it.
 *
 * @throws PRE_RANDOM_INVALID when the source is evidently broken: it gave a multiple of r, which chance does once in 2^255
 */
export function randomScalar(random: RandomSource): Fr {
  const wide = drawBytes(random, WIDE_SCALAR_LENGTH);
  const scalar = reduceToScalar(wide);
  wide.fill(0);
  if (scalar.isZero()) {
    throw new MedexError("PRE_RANDOM_INVALID", "the random source gave a zero scalar; replace the source");
  }
  return scalar;
}
