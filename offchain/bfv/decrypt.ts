/**
 * BFV decryption of a fragment.
 *
 * BFV is not secure against chosen ciphertexts: whoever learns, for many ciphertexts of its choice, whether they decrypt, can
 * compute the secret key. So decrypt only what is authenticated beforehand (by its digest on-chain, or its sender's
 * signature), and do not tell a sender how decryption went. Every failure here is one and the same error.
 */

import { MedexError } from "@medexchain/core";
import type { Ciphertext, Decryptor } from "node-seal";
import { type CiphertextFile, decodeCiphertextFile } from "./ciphertext-file.ts";
import { unpackForSeal } from "./coefficients.ts";
import { type BfvContext, bfvContext, type Level } from "./context.ts";
import { type DecodedFeature, decodePayload } from "./encoding.ts";
import { expandSecretKey } from "./keys.ts";
import type { ProfileName } from "./profiles.ts";
import { callSeal } from "./seal.ts";

/** The level at which a file's ciphertexts of one kind are. */
export function levelOf(bfv: BfvContext, form: CiphertextFile["form"], kind: "bytes" | "numeric"): Level {
  return form === "full" && kind === "bytes" ? bfv.byteLevel : bfv.dataLevel;
}

/**
 * Loads a packed ciphertext from anyone. The caller frees the handle, with `using`.
 * @param polynomials 2, or 3 for a product
 * @throws BFV_BYTES_INVALID
 */
export function loadCiphertext(
  bfv: BfvContext,
  packed: Uint8Array,
  level: Level,
  isSeeded: boolean,
  polynomials = 2,
): Ciphertext {
  const { seal, context, degree } = bfv;
  const bytes = unpackForSeal(packed, { level, degree, isSeeded, polynomials, what: "ciphertext" });
  const ciphertext = new seal.Ciphertext();
  try {
    callSeal("BFV_BYTES_INVALID", "SEAL does not take a BFV ciphertext: fetch it again", () =>
      ciphertext.loadFromArray(context, bytes),
    );
    return ciphertext;
  } catch (error) {
    ciphertext.delete();
    throw error;
  }
}

const REFUSED = "the fragment does not decrypt: the key is wrong or the bytes are damaged";

/** Packed ciphertexts to slots, with one key and one set of handles. */
export interface SlotDecryptor extends Disposable {
  /**
   * @returns integers of `(-t/2, t/2)`
   * @throws FRAGMENT_INVALID no noise budget is left: the result would be wrong; not where it is checked later
   * @throws BFV_BYTES_INVALID
   */
  decryptSlots(packed: Uint8Array, level: Level, isSeeded: boolean, polynomials?: number): BigInt64Array;
}

/**
 * Opens a decryptor of slots.
 * @param isCheckedLater the caller compares every slot with a digest or an exact value, so that a wrong result is told without the noise
 *   budget, whose computation takes as long as decryption
 */
export function openSlotDecryptor(
  bfv: BfvContext,
  profile: ProfileName,
  secretKey: Uint8Array,
  isCheckedLater = false,
): SlotDecryptor {
  const { seal, context } = bfv;
  using stack = new DisposableStack();
  using key = expandSecretKey(bfv, profile, secretKey);
  const decryptor: Decryptor = stack.use(new seal.Decryptor(context, key)); // copies the key
  const encoder = stack.use(new seal.BatchEncoder(context));
  const plaintext = stack.use(new seal.Plaintext());
  const owned = stack.move();
  return {
    decryptSlots(packed, level, isSeeded, polynomials) {
      using ciphertext = loadCiphertext(bfv, packed, level, isSeeded, polynomials);
      return callSeal("FRAGMENT_INVALID", REFUSED, () => {
        if (!isCheckedLater && decryptor.invariantNoiseBudget(ciphertext) <= 0)
          throw new MedexError("FRAGMENT_INVALID", REFUSED);
        decryptor.decrypt(ciphertext, plaintext);
        const slots = encoder.decodeBigInt64(plaintext) as BigInt64Array; // embind types it `any`
        plaintext.setZero();
        return slots;
      });
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/** Decrypts fragments with one key. Holds SEAL handles, among them the key: keep it with `using`. */
export interface FragmentDecryptor extends Disposable {
  /** As `decryptFragment`. */
  decrypt(ciphertextFile: Uint8Array): DecodedFeature[];
}

/**
 * Opens a decryptor for many files under one key.
 * @throws BFV_BYTES_INVALID not a secret key
 */
export async function openDecryptor(profile: ProfileName, secretKey: Uint8Array): Promise<FragmentDecryptor> {
  const bfv = await bfvContext(profile);
  // `decodePayload` compares all byte slots with the payload's digest, and all numeric ones with the exact values.
  const slots = openSlotDecryptor(bfv, profile, secretKey, true);
  return {
    decrypt(ciphertextFile) {
      const file = decodeCiphertextFile(profile, ciphertextFile);
      function* decrypt(kind: "bytes" | "numeric"): Generator<BigInt64Array, void, undefined> {
        const level = levelOf(bfv, file.form, kind);
        for (const packed of file[kind]) yield slots.decryptSlots(packed, level, file.form === "seeded");
      }
      // Byte slots are four to eight times as large as the bytes: one ciphertext's at a time.
      const numeric = [...decrypt("numeric")];
      return decodePayload(bfv, profile, { bytes: decrypt("bytes"), numeric }, file.bytes.length);
    },
    [Symbol.dispose]: () => slots[Symbol.dispose](),
  };
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
  using decryptor = await openDecryptor(profile, secretKey);
  return decryptor.decrypt(ciphertextFile);
}

/**
 * Decrypts the numeric slots of a fragment alone.
 *
 * @returns the integers of all slots; slot `i` belongs to the `i`-th number of the fragment, slots without one are 0
 * @throws BFV_BYTES_INVALID not a ciphertext file of this profile
 * @throws FRAGMENT_INVALID no noise budget is left: the key is wrong
 */
export async function decryptNumeric(profile: ProfileName, secretKey: Uint8Array, file: Uint8Array): Promise<bigint[]> {
  const bfv = await bfvContext(profile);
  const { numeric, form } = decodeCiphertextFile(profile, file);
  using slots = openSlotDecryptor(bfv, profile, secretKey);
  return numeric.flatMap((packed) => [...slots.decryptSlots(packed, bfv.dataLevel, form === "seeded")]);
}
