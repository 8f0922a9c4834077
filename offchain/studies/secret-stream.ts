/** Randomness that a holder can draw again: SHAKE256 of its secret key and of what the randomness is for, and for nothing else. */

import { shake256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { RandomSource } from "./discrete-laplace.ts";

const DOMAIN = "medexchain/v1/studies/";

/**
 * @param use what is drawn
 * @param secretKey 32 bytes
 * @param context 32 bytes, that are another for each thing that is drawn under one use
 */
export function secretStream(use: string, secretKey: Uint8Array, context: Uint8Array): RandomSource {
  const stream = shake256
    .create()
    .update(utf8ToBytes(`${DOMAIN}${use}\0`))
    .update(secretKey)
    .update(context);
  return (length) => stream.xof(length);
}
