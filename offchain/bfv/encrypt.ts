/**
 * BFV encryption of a fragment: `EPRF = BFV.encrypt(PRF, PU_k)` and `EPUF = BFV.encryptSymmetric(PUF, PR_k)` of the SFE
 * paper's Algorithm 1. The secret key decrypts both.
 */

import type { Encryptor } from "node-seal";
import { encodeCiphertextFile } from "./ciphertext-file.ts";
import { packPair } from "./coefficients.ts";
import { type BfvContext, bfvContext, type Level } from "./context.ts";
import { encodePayload, type PlainFeature } from "./encoding.ts";
import { expandSecretKey, loadPublicKey } from "./keys.ts";
import type { ProfileName } from "./profiles.ts";
import { callSeal } from "./seal.ts";
import { readRlwePair } from "./seal-format.ts";

export interface EncryptOptions {
  /** `false` leaves the numeric ciphertexts out, for a reader that will only read: the file is a third as large. */
  readonly numericSlots?: boolean;
}

function payloadOf(
  features: readonly PlainFeature[],
  { numericSlots = true }: EncryptOptions,
): readonly PlainFeature[] {
  return numericSlots ? features : features.map(({ numeric: _, ...feature }) => feature);
}

/** Encrypts one array of slots under a public key and switches it down to a level. */
function encryptSlots(bfv: BfvContext, encryptor: Encryptor, slots: BigInt64Array, level: Level): Uint8Array {
  const { seal, context, degree } = bfv;
  using encoder = new seal.BatchEncoder(context);
  using evaluator = new seal.Evaluator(context);
  using plaintext = new seal.Plaintext();
  using ciphertext = new seal.Ciphertext();
  encoder.encode(slots, plaintext);
  encryptor.encrypt(plaintext, ciphertext);
  plaintext.setZero();
  while (ciphertext.coeffModulusSize() > level.primes.length) evaluator.cipherModSwitchToNextInplace(ciphertext);
  const saved = ciphertext.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
  return packPair(readRlwePair(saved, level, degree, false), level, degree);
}

function encryptSlotsSymmetric(bfv: BfvContext, encryptor: Encryptor, slots: BigInt64Array): Uint8Array {
  const { seal, context, degree, dataLevel } = bfv;
  using encoder = new seal.BatchEncoder(context);
  using plaintext = new seal.Plaintext();
  encoder.encode(slots, plaintext);
  using serializable = encryptor.encryptSymmetricSerializable(plaintext);
  plaintext.setZero();
  const saved = serializable.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
  return packPair(readRlwePair(saved, dataLevel, degree, true), dataLevel, degree);
}

/**
 * Encrypts features under a public key. Everything is encoded, and so checked, before anything is encrypted.
 *
 * @returns a ciphertext file for `decryptFragment`
 * @throws FEATURE_OUT_OF_RANGE names the feature whose number does not fit a slot
 * @throws BFV_BYTES_INVALID not a public key of this profile
 * @throws INPUT_INVALID more than 16 MiB of features
 */
export async function encryptFragment(
  profile: ProfileName,
  publicKey: Uint8Array,
  features: readonly PlainFeature[],
  options: EncryptOptions = {},
): Promise<Uint8Array> {
  const bfv = await bfvContext(profile);
  const payload = encodePayload(bfv, profile, payloadOf(features, options));
  using key = loadPublicKey(bfv, profile, publicKey);
  return callSeal("INPUT_INVALID", "SEAL cannot encrypt the fragment", () => {
    using encryptor = new bfv.seal.Encryptor(bfv.context, key);
    return encodeCiphertextFile({
      version: 1,
      profile,
      form: "full",
      bytes: payload.bytes.map((slots) => encryptSlots(bfv, encryptor, slots, bfv.byteLevel)),
      numeric: payload.numeric.map((slots) => encryptSlots(bfv, encryptor, slots, bfv.dataLevel)),
    });
  });
}

/**
 * Encrypts features with the secret key. As `encryptFragment`, in half the size per ciphertext of equal level.
 * @throws as `encryptFragment`; BFV_BYTES_INVALID not a secret key
 */
export async function encryptFragmentSymmetric(
  profile: ProfileName,
  secretKey: Uint8Array,
  features: readonly PlainFeature[],
  options: EncryptOptions = {},
): Promise<Uint8Array> {
  const bfv = await bfvContext(profile);
  const payload = encodePayload(bfv, profile, payloadOf(features, options));
  using key = expandSecretKey(bfv, profile, secretKey);
  return callSeal("INPUT_INVALID", "SEAL cannot encrypt the fragment", () => {
    using generator = new bfv.seal.KeyGenerator(bfv.context, key);
    // SEAL's bindings construct an encryptor with a public key only; this one is never used.
    using unused = generator.createPublicKey();
    using encryptor = new bfv.seal.Encryptor(bfv.context, unused, key);
    return encodeCiphertextFile({
      version: 1,
      profile,
      form: "seeded",
      bytes: payload.bytes.map((slots) => encryptSlotsSymmetric(bfv, encryptor, slots)),
      numeric: payload.numeric.map((slots) => encryptSlotsSymmetric(bfv, encryptor, slots)),
    });
  });
}
