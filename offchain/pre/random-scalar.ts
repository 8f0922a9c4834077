/** Uniform scalars. */

import { MedexError } from "@medexchain/core";
import type { Fr } from "mcl-wasm";
import { reduceToScalar } from "./curve.ts";
import { drawBytes, type RandomSource } from "./random.ts";

/** 48 bytes reduced modulo r (255 bits) are within 2^-128 of uniform: RFC 9380 §5, L = ceil((ceil(log2(r)) + k) / 8). */
export const WIDE_SCALAR_LENGTH = 48;

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
