/**
 * Computing on numeric slots without the key. Whoever computes sees neither the numbers nor the result; the owner of the
 * secret key decrypts the result. Inputs must be encrypted under one key, list the same features in one order, and use one
 * scale per feature: `PlainFeature.numeric.scale`.
 */

import type { Ciphertext } from "node-seal";
import { MedexError } from "../errors.ts";
import { type CiphertextFile, decodeCiphertextFile, encodeCiphertextFile } from "./ciphertext-file.ts";
import { packPair } from "./coefficients.ts";
import { type BfvContext, bfvContext } from "./context.ts";
import { decryptSlots, loadCiphertext } from "./decrypt.ts";
import { expandSecretKey } from "./keys.ts";
import type { ProfileName } from "./profiles.ts";
import { callSeal } from "./seal.ts";
import { readRlwePair } from "./seal-format.ts";

function loadNumeric(bfv: BfvContext, file: CiphertextFile, part: number): Ciphertext {
  const packed = file.numeric[part];
  if (packed === undefined)
    throw new MedexError("INPUT_INVALID", "the files differ in their numeric slots: encrypt them alike");
  return loadCiphertext(bfv, packed, bfv.dataLevel, file.form === "seeded");
}

/**
 * Adds the numeric slots of several files, slot by slot. A sum outside `(-t/2, t/2)` wraps round without notice: keep
 * `count · max(|integer|)` below it.
 *
 * @returns a file with the sums, for `decryptNumeric`
 * @throws INPUT_INVALID no file, or files that differ in the number of numeric ciphertexts
 * @throws BFV_BYTES_INVALID
 */
export async function sumNumeric(profile: ProfileName, files: readonly Uint8Array[]): Promise<Uint8Array> {
  const bfv = await bfvContext(profile);
  const { seal, context, dataLevel, degree } = bfv;
  const decoded = files.map((file) => decodeCiphertextFile(profile, file));
  const [first, ...others] = decoded;
  if (first === undefined || others.some((file) => file.numeric.length !== first.numeric.length)) {
    throw new MedexError(
      "INPUT_INVALID",
      "the files differ in their numeric slots, or there is none: encrypt them alike",
    );
  }
  const numeric = first.numeric.map((_, part) => {
    using sum = loadNumeric(bfv, first, part);
    using evaluator = new seal.Evaluator(context);
    for (const file of others) {
      using term = loadNumeric(bfv, file, part);
      callSeal("INPUT_INVALID", "SEAL cannot add these ciphertexts", () => evaluator.addInplace(sum, term));
    }
    const saved = sum.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
    return packPair(readRlwePair(saved, dataLevel, degree, false), dataLevel, degree);
  });
  return encodeCiphertextFile({ version: 1, profile, form: "full", bytes: [], numeric });
}

/**
 * Decrypts numeric slots alone: a computation's result has no text to compare with.
 *
 * @returns the integers of all slots; slot `i` belongs to the `i`-th numeric feature, slots without one are 0
 * @throws BFV_BYTES_INVALID not a ciphertext file of this profile
 * @throws FRAGMENT_INVALID no noise budget is left: wrong key, or too long a computation
 */
export async function decryptNumeric(profile: ProfileName, secretKey: Uint8Array, file: Uint8Array): Promise<bigint[]> {
  const bfv = await bfvContext(profile);
  const decoded = decodeCiphertextFile(profile, file);
  using key = expandSecretKey(bfv, profile, secretKey);
  using decryptor = new bfv.seal.Decryptor(bfv.context, key);
  return decoded.numeric.flatMap((_, part) => {
    using ciphertext = loadNumeric(bfv, decoded, part);
    return [...decryptSlots(bfv, decryptor, ciphertext)];
  });
}
