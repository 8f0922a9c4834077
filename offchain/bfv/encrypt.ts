/**
 * BFV encryption of a fragment: `EPRF = BFV.encrypt(PRF, PU_k)` and `EPUF = BFV.encryptSymmetric(PUF, PR_k)` of the SFE
 * paper's Algorithm 1. The secret key decrypts both.
 *
 * `encryptFragment` and `encryptFragmentSymmetric` load the key, encrypt one fragment and forget the key. For many fragments
 * under one key open an encryptor: it keeps the key and SEAL's working objects until it is disposed of.
 */

import type { Ciphertext, Encryptor, Plaintext } from "node-seal";
import { encodeCiphertextFile } from "./ciphertext-file.ts";
import { packSaved } from "./coefficients.ts";
import { type BfvContext, bfvContext, type Level } from "./context.ts";
import { layPayloadOut, type PayloadLayout, type PlainFeatures } from "./encoding.ts";
import { expandSecretKey, loadPublicKey } from "./keys.ts";
import type { ProfileName } from "./profiles.ts";
import { callSeal } from "./seal.ts";

export interface EncryptOptions {
  /** `false` leaves the numeric ciphertexts out, for a reader that will only read: the file is a third as large. */
  readonly numericSlots?: boolean;
}

/** Encrypts fragments under one key. Holds SEAL handles: keep it with `using`. */
export interface FragmentEncryptor extends Disposable {
  /**
   * @returns a ciphertext file for `decryptFragment`
   * @throws FEATURE_OUT_OF_RANGE names the feature whose number does not fit a slot
   * @throws INPUT_INVALID more than 40 MiB of features
   */
  encrypt(features: PlainFeatures, options?: EncryptOptions): Uint8Array;
}

/** Slots to a packed ciphertext, with one key and one set of handles. */
export interface SlotEncryptor extends Disposable {
  readonly form: "full" | "seeded";
  encryptSlots(slots: BigInt64Array, level: Level): Uint8Array;
}

function payloadOf(features: PlainFeatures, { numericSlots = true }: EncryptOptions): PlainFeatures {
  if (numericSlots) return features;
  return {
    length: features.length,
    *[Symbol.iterator]() {
      for (const { numeric: _, ...feature } of features) yield feature;
    },
  };
}

/** Public-key encryption, each ciphertext switched down to the wanted level. */
export function openPublicSlots(bfv: BfvContext, profile: ProfileName, publicKey: Uint8Array): SlotEncryptor {
  const { seal, context, degree } = bfv;
  using stack = new DisposableStack();
  using key = loadPublicKey(bfv, profile, publicKey);
  const encryptor: Encryptor = stack.use(new seal.Encryptor(context, key)); // copies the key
  const encoder = stack.use(new seal.BatchEncoder(context));
  const evaluator = stack.use(new seal.Evaluator(context));
  const plaintext: Plaintext = stack.use(new seal.Plaintext());
  const ciphertext: Ciphertext = stack.use(new seal.Ciphertext());
  const owned = stack.move();
  return {
    form: "full",
    encryptSlots(slots, level) {
      encoder.encode(slots, plaintext);
      encryptor.encrypt(plaintext, ciphertext);
      plaintext.setZero();
      while (ciphertext.coeffModulusSize() > level.primes.length) evaluator.cipherModSwitchToNextInplace(ciphertext);
      const saved = ciphertext.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
      return packSaved(saved, level, degree, false);
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/** Secret-key encryption at the data level, the random half kept as its seed. */
export function openSecretSlots(bfv: BfvContext, profile: ProfileName, secretKey: Uint8Array): SlotEncryptor {
  const { seal, context, degree, dataLevel } = bfv;
  using stack = new DisposableStack();
  using key = expandSecretKey(bfv, profile, secretKey);
  using generator = new seal.KeyGenerator(context, key);
  // SEAL's bindings construct an encryptor with a public key only; this one is never used.
  using unused = generator.createPublicKey();
  const encryptor: Encryptor = stack.use(new seal.Encryptor(context, unused, key)); // copies the keys
  const encoder = stack.use(new seal.BatchEncoder(context));
  const plaintext: Plaintext = stack.use(new seal.Plaintext());
  const owned = stack.move();
  return {
    form: "seeded",
    encryptSlots(slots) {
      encoder.encode(slots, plaintext);
      using serializable = encryptor.encryptSymmetricSerializable(plaintext);
      plaintext.setZero();
      const saved = serializable.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
      return packSaved(saved, dataLevel, degree, true);
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

function encryptPayload(
  bfv: BfvContext,
  profile: ProfileName,
  slots: SlotEncryptor,
  { bytes, numeric }: PayloadLayout,
): Uint8Array {
  const { form } = slots;
  return callSeal("INPUT_INVALID", "SEAL cannot encrypt the fragment", () =>
    encodeCiphertextFile({
      version: 1,
      profile,
      form,
      bytes: Array.from(bytes, (part) => slots.encryptSlots(part, form === "full" ? bfv.byteLevel : bfv.dataLevel)),
      numeric: numeric.map((part) => slots.encryptSlots(part, bfv.dataLevel)),
    }),
  );
}

function fragmentEncryptor(bfv: BfvContext, profile: ProfileName, slots: SlotEncryptor): FragmentEncryptor {
  return {
    encrypt: (features, options = {}) =>
      encryptPayload(bfv, profile, slots, layPayloadOut(bfv, profile, payloadOf(features, options))),
    [Symbol.dispose]: () => slots[Symbol.dispose](),
  };
}

/**
 * Opens an encryptor under a public key.
 * @throws BFV_BYTES_INVALID not a public key of this profile
 */
export async function openEncryptor(profile: ProfileName, publicKey: Uint8Array): Promise<FragmentEncryptor> {
  const bfv = await bfvContext(profile);
  return fragmentEncryptor(bfv, profile, openPublicSlots(bfv, profile, publicKey));
}

/**
 * Opens an encryptor under a secret key. Its files have half the size per ciphertext of equal level.
 * @throws BFV_BYTES_INVALID not a secret key
 */
export async function openSymmetricEncryptor(profile: ProfileName, secretKey: Uint8Array): Promise<FragmentEncryptor> {
  const bfv = await bfvContext(profile);
  return fragmentEncryptor(bfv, profile, openSecretSlots(bfv, profile, secretKey));
}

/**
 * Encrypts features under a public key. Everything is encoded, and so checked, before anything is encrypted.
 *
 * @returns a ciphertext file for `decryptFragment`
 * @throws FEATURE_OUT_OF_RANGE names the feature whose number does not fit a slot
 * @throws BFV_BYTES_INVALID not a public key of this profile
 * @throws INPUT_INVALID more than 40 MiB of features
 */
export async function encryptFragment(
  profile: ProfileName,
  publicKey: Uint8Array,
  features: PlainFeatures,
  options: EncryptOptions = {},
): Promise<Uint8Array> {
  const bfv = await bfvContext(profile);
  const payload = layPayloadOut(bfv, profile, payloadOf(features, options));
  using slots = openPublicSlots(bfv, profile, publicKey);
  return encryptPayload(bfv, profile, slots, payload);
}

/**
 * Encrypts features with the secret key. As `encryptFragment`, in half the size per ciphertext of equal level.
 * @throws as `encryptFragment`; BFV_BYTES_INVALID not a secret key
 */
export async function encryptFragmentSymmetric(
  profile: ProfileName,
  secretKey: Uint8Array,
  features: PlainFeatures,
  options: EncryptOptions = {},
): Promise<Uint8Array> {
  const bfv = await bfvContext(profile);
  const payload = layPayloadOut(bfv, profile, payloadOf(features, options));
  using slots = openSecretSlots(bfv, profile, secretKey);
  return encryptPayload(bfv, profile, slots, payload);
}
