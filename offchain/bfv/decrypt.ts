/**
 * BFV decryption of a fragment.
 *
 * BFV is not secure against chosen ciphertexts: whoever learns, for many ciphertexts of its choice, whether they decrypt, can
 * compute the secret key. So decrypt only what is authenticated beforehand (by its digest on-chain, or its sender's
 * signature), and do not tell a sender how decryption went. Every failure here is one and the same error.
 */

import { openByteDecryptor } from "./byte-ciphertexts.ts";
import { decodeCiphertextFile, type SlotFile } from "./ciphertext-file.ts";
import { type BfvContext, bfvContext, keptContext, type Level } from "./context.ts";
import { decodePayload, requireNumbers, slotLimit } from "./encoding.ts";
import { expandSecretKey, expectSecretKey } from "./keys.ts";
import { type DecodedFeature, decodeSequence, disagreement } from "./payload.ts";
import { openDecryptingCipher, type PackedCiphertext } from "./plaintext-cipher.ts";
import { type FragmentProfile, type ProfileName, profileParameters } from "./profiles.ts";
import { loadSeal, type Seal } from "./seal.ts";

/** The level at which the ciphertexts of one kind are, of a file of version 1. */
function levelOf(bfv: BfvContext, form: SlotFile["form"], kind: "bytes" | "numeric"): Level {
  return form === "full" && kind === "bytes" ? bfv.byteLevel : bfv.dataLevel;
}

/** Packed ciphertexts to slots, with one key and one set of handles. */
export interface SlotDecryptor extends Disposable {
  /**
   * @returns integers of `(-t/2, t/2)`
   * @throws FRAGMENT_INVALID no noise budget is left: the result would be wrong; not where it is checked later
   * @throws BFV_BYTES_INVALID
   */
  decryptSlots(ciphertext: PackedCiphertext): BigInt64Array;
}

/**
 * Opens a decryptor of slots.
 * @param isCheckedLater see `openDecryptingCipher`
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
  const encoder = stack.use(new seal.BatchEncoder(context));
  const decrypt = openDecryptingCipher(bfv, key, stack, isCheckedLater);
  const owned = stack.move();
  return {
    decryptSlots: (ciphertext) =>
      decrypt(ciphertext, (plaintext) => encoder.decodeBigInt64(plaintext) as BigInt64Array), // embind types it `any`
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/** Decrypts fragments with one key. Holds SEAL handles, among them the key: keep it with `using`. */
export interface FragmentDecryptor extends Disposable {
  /** As `decryptFragment`. */
  decrypt(ciphertextFile: Uint8Array): DecodedFeature[];
}

/**
 * Opens a decryptor for many files under one key, of which it keeps a copy. Files of all versions and forms are read; SEAL's objects and contexts
 * are made for those that come.
 * @param profile of the files
 * @throws BFV_BYTES_INVALID not a secret key
 */
export async function openDecryptor(profile: FragmentProfile, secretKey: Uint8Array): Promise<FragmentDecryptor> {
  expectSecretKey(secretKey);
  const seal = await loadSeal();
  using opening = new DisposableStack();
  const kept = opening.adopt(Uint8Array.from(secretKey), (key) => void key.fill(0));
  const bytes = opening.use(openByteDecryptor(seal, kept));
  const owned = opening.move();
  const numbers = profile === "bytes" ? undefined : openNumbers(seal, profile, kept, owned);
  return {
    decrypt(ciphertextFile) {
      const file = decodeCiphertextFile(profile, ciphertextFile);
      if (file.version === 1) {
        if (numbers === undefined) throw disagreement(undefined);
        return decryptSlotFile(numbers, file);
      }
      const limit = (): bigint => (numbers === undefined ? 0n : slotLimit(numbers.bfv()));
      const sequence = bytes.decrypt(file.form, { set: file.set, parts: file.bytes });
      const { features, integers } = decodeSequence("bytes", sequence, limit);
      if (integers.length === 0 && file.numeric.length === 0) return features;
      if (numbers === undefined) throw disagreement(undefined);
      const { dataLevel: level } = numbers.bfv();
      const numeric = file.numeric.map((packed) => numbers.slots().decryptSlots({ packed, level, isSeeded: true }));
      requireNumbers(numbers.bfv(), features, integers, numeric);
      return features;
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/** A profile's context, and a decryptor of its slots, made when they are first asked for. */
interface Numbers {
  readonly profile: ProfileName;
  bfv(): BfvContext;
  slots(): SlotDecryptor;
}

function openNumbers(seal: Seal, profile: ProfileName, secretKey: Uint8Array, stack: DisposableStack): Numbers {
  const parameters = profileParameters(profile);
  const bfv = (): BfvContext => keptContext(seal, parameters);
  let slots: SlotDecryptor | undefined;
  return {
    profile,
    bfv,
    // All byte slots are compared with the payload's digest, and all numeric ones with the exact values.
    slots: () => (slots ??= stack.use(openSlotDecryptor(bfv(), profile, secretKey, true))),
  };
}

function decryptSlotFile(numbers: Numbers, file: SlotFile): DecodedFeature[] {
  const bfv = numbers.bfv();
  function* decrypt(kind: "bytes" | "numeric"): Generator<BigInt64Array, void, undefined> {
    const level = levelOf(bfv, file.form, kind);
    const isSeeded = file.form === "seeded";
    for (const packed of file[kind]) yield numbers.slots().decryptSlots({ packed, level, isSeeded });
  }
  // Byte slots are four to eight times as large as the bytes: one ciphertext's at a time.
  const numeric = [...decrypt("numeric")];
  return decodePayload(bfv, numbers.profile, { bytes: decrypt("bytes"), numeric }, file.bytes.length);
}

/**
 * Decrypts a file of `encryptFragment` or `encryptFragmentSymmetric`.
 *
 * @throws BFV_BYTES_INVALID not a ciphertext file, or of another profile
 * @throws FRAGMENT_INVALID a wrong key, damaged ciphertexts, or a number whose two encodings disagree
 */
export async function decryptFragment(
  profile: FragmentProfile,
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
  const { dataLevel: level } = bfv;
  return numeric.flatMap((packed) => [...slots.decryptSlots({ packed, level, isSeeded: form === "seeded" })]);
}
