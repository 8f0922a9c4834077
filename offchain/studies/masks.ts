/**
 * Masks under the encryption. A patient encrypts `m + Σ r_i`, modulo t in each slot: `r_i` is uniform and grows from a seed that only holder `i`
 * can open, as it is sealed to it by X-Wing. Of each seed the holder gives no more than the sum of its masks over all inputs of one sum, with its noise:
 * `M_i = Σ_p r_(p,i) − k_i`. So who has the joint secret, which an input that is not made as it should be can uncover, but not the key of one honest
 * holder, reads uniform numbers in each honest input, and of the sum what `M_i` gives: the honest inputs' sum with that holder's noise. (The masks are an
 * additively homomorphic stream cipher: Castelluccia et al., MobiQuitous 2005.)
 *
 * A seed opens for its study, patient, holder and ciphertext only, so that nobody has another's opened as part of an input of its own.
 */

import { MedexError, sha256 } from "@medexchain/core";
import { openByXWing, sealByXWing, type XWingBox, xWingPublicKey } from "@medexchain/pre/x-wing";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { secretStream } from "./secret-stream.ts";
import { drawUniform } from "./uniform.ts";

const INFO = utf8ToBytes("medexchain/v1/studies/sealed-mask\0");
/** Of a mask's seed, in bytes. */
export const MASK_SEED_LENGTH = 32;
const MASK_KEY_SEED_LENGTH = 32;

/** Whose mask, and for which holder: ids of 32 bytes. */
export interface MaskSubject {
  readonly study: Uint8Array;
  readonly patient: Uint8Array;
  readonly holder: Uint8Array;
}

/** From which a holder's X-Wing key pair of one study grows. Wipe with `fill(0)` after use. */
export function maskKeySeed(study: Uint8Array, secretKey: Uint8Array): Uint8Array {
  return secretStream("mask-key", secretKey, study)(MASK_KEY_SEED_LENGTH);
}

/** A holder's X-Wing public key of one study, 1,216 bytes. */
export async function maskKey(study: Uint8Array, secretKey: Uint8Array): Promise<Uint8Array> {
  const seed = maskKeySeed(study, secretKey);
  try {
    return await xWingPublicKey(seed);
  } finally {
    seed.fill(0);
  }
}

/**
 * A mask, slot by slot, uniform in `[0, t)`. Wipe with `fill(0n)` after use.
 * @param seed 32 bytes, secret, of this mask alone
 */
export function drawMask(
  seed: Uint8Array,
  { study, patient, holder }: MaskSubject,
  slots: number,
  t: bigint,
): BigUint64Array<ArrayBuffer> {
  const mask = new BigUint64Array(slots);
  drawUniform(secretStream("mask", seed, sha256(concatBytes(study, patient, holder))), t, mask);
  return mask;
}

/** What a seed is bound to. */
const infoOf = ({ study, patient, holder }: MaskSubject, packed: Uint8Array): Uint8Array =>
  concatBytes(INFO, study, patient, holder, sha256(packed));

/**
 * Seals a mask's seed to its holder.
 * @param publicKey the holder's, 1,216 bytes
 * @param packed the ciphertext with the mask
 * @throws STUDY_SHARE_INVALID the key is none
 */
export async function sealMaskSeed(
  publicKey: Uint8Array,
  subject: MaskSubject,
  packed: Uint8Array,
  seed: Uint8Array,
): Promise<XWingBox> {
  try {
    return await sealByXWing(publicKey, infoOf(subject, packed), seed);
  } catch (cause) {
    throw new MedexError(
      "STUDY_SHARE_INVALID",
      "a key share has no usable X-Wing key: take no part, and tell the hospital whose share it is",
      { cause },
    );
  }
}

/**
 * Opens a mask's seed.
 * @param keySeed the holder's, see `maskKeySeed`
 * @returns undefined where it was sealed to another holder, or for another study, patient or ciphertext, or was altered
 */
export async function openMaskSeed(
  keySeed: Uint8Array,
  subject: MaskSubject,
  packed: Uint8Array,
  box: XWingBox,
): Promise<Uint8Array | undefined> {
  try {
    return await openByXWing(keySeed, infoOf(subject, packed), box);
  } catch (error) {
    if (MedexError.is(error) && error.code === "SEALED_INVALID") return undefined;
    throw error;
  }
}
