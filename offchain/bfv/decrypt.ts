/**
 * BFV decryption of a fragment.
 *
 * BFV is not secure against chosen ciphertexts: whoever learns, for many ciphertexts of its choice, whether they decrypt, can
 * compute the secret key. So decrypt only what is authenticated beforehand (by its digest on-chain, or its sender's
 * signature), and do not tell a sender how decryption went. Every failure here is one and the same error.
 */

import type { Ciphertext, Decryptor } from "node-seal";
import { MedexError } from "../errors.ts";
import { type CiphertextFile, decodeCiphertextFile } from "./ciphertext-file.ts";
import { unpackPair } from "./coefficients.ts";
import { type BfvContext, bfvContext, type Level } from "./context.ts";
import { type DecodedFeature, decodePayload } from "./encoding.ts";
import { expandSecretKey } from "./keys.ts";
import type { ProfileName } from "./profiles.ts";
import { callSeal } from "./seal.ts";
import { writeRlwePair } from "./seal-format.ts";

/** The level at which a file's ciphertexts of one kind are. */
export function levelOf(bfv: BfvContext, form: CiphertextFile["form"], kind: "bytes" | "numeric"): Level {
  return form === "full" && kind === "bytes" ? bfv.byteLevel : bfv.dataLevel;
}

/**
 * Loads a packed ciphertext from anyone. The caller frees the handle, with `using`.
 * @throws BFV_BYTES_INVALID
 */
export function loadCiphertext(bfv: BfvContext, packed: Uint8Array, level: Level, isSeeded: boolean): Ciphertext {
  const { seal, context, degree } = bfv;
  const pair = unpackPair(packed, level, degree, isSeeded, "ciphertext");
  const ciphertext = new seal.Ciphertext();
  try {
    callSeal("BFV_BYTES_INVALID", "SEAL does not take a BFV ciphertext: fetch it again", () =>
      ciphertext.loadFromArray(context, writeRlwePair(pair, level, degree, false)),
    );
    return ciphertext;
  } catch (error) {
    ciphertext.delete();
    throw error;
  }
}

/**
 * Decrypts one ciphertext to its slots, as integers of `(-t/2, t/2)`.
 * @throws FRAGMENT_INVALID no noise budget is left: the result would be wrong
 */
export function decryptSlots(bfv: BfvContext, decryptor: Decryptor, ciphertext: Ciphertext): BigInt64Array {
  const message = "the fragment does not decrypt: the key is wrong or the bytes are damaged";
  return callSeal("FRAGMENT_INVALID", message, () => {
    const { seal, context } = bfv;
    if (decryptor.invariantNoiseBudget(ciphertext) <= 0) throw new MedexError("FRAGMENT_INVALID", message);
    using encoder = new seal.BatchEncoder(context);
    using plaintext = new seal.Plaintext();
    decryptor.decrypt(ciphertext, plaintext);
    const slots = encoder.decodeBigInt64(plaintext) as BigInt64Array; // embind types it `any`
    plaintext.setZero();
    return slots;
  });
}

/**
 * Decrypts a file of `encryptFragment` or `encryptFragmentSymmetric`.
 *
 * @throws BFV_BYTES_INVALID not a ciphertext file, or of another profile
 * @throws FRAGMENT_INVALID a wrong key, damaged ciphertexts, or a number whose two encodings disagree
 */
export async function decryptFragment(
  profile: ProfileName,
  secretKey: Uint8Array,
  ciphertextFile: Uint8Array,
): Promise<DecodedFeature[]> {
  const bfv = await bfvContext(profile);
  const file = decodeCiphertextFile(profile, ciphertextFile);
  using key = expandSecretKey(bfv, profile, secretKey);
  using decryptor = new bfv.seal.Decryptor(bfv.context, key);
  const decrypt = (kind: "bytes" | "numeric"): BigInt64Array[] =>
    file[kind].map((packed) => {
      using ciphertext = loadCiphertext(bfv, packed, levelOf(bfv, file.form, kind), file.form === "seeded");
      return decryptSlots(bfv, decryptor, ciphertext);
    });
  return decodePayload(bfv, profile, { bytes: decrypt("bytes"), numeric: decrypt("numeric") });
}
