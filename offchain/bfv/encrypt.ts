/**
 * BFV encryption of a fragment: `BFV.encrypt` and `BFV.encryptSymmetric` of the SFE paper's Algorithm 1. An owner's device encrypts both fragments by the
 * second, as it has the secret keys; what it sends to a doctor by the first. The secret key decrypts both.
 *
 * `encryptFragment` and `encryptFragmentSymmetric` load the key, encrypt one fragment and forget the key. For many fragments
 * under one key open an encryptor: it keeps the key and SEAL's working objects until it is disposed of.
 */

import { type ByteEncryptor, openPublicBytes, openSecretBytes } from "./byte-ciphertexts.ts";
import { encodeCiphertextFile } from "./ciphertext-file.ts";
import { type BfvContext, bfvContext, keptContext, type Level } from "./context.ts";
import { layPayloadOut, numericToSlots, slotLimit } from "./encoding.ts";
import { expandSecretKey, expectSecretKey, loadPublicKey } from "./keys.ts";
import { encodeSequence, type PlainFeatures } from "./payload.ts";
import { type EncryptPlaintext, openPublicCipher, openSeededCipher } from "./plaintext-cipher.ts";
import { type FragmentProfile, type ProfileName, profileParameters } from "./profiles.ts";
import { callSeal, loadSeal } from "./seal.ts";

export interface EncryptOptions {
  /** `false` leaves the numeric ciphertexts out, for a reader that will only read. */
  readonly numericSlots?: boolean;
}

/** Encrypts fragments under one key. Holds SEAL handles: keep it with `using`. */
export interface FragmentEncryptor extends Disposable {
  /** Of its files. */
  readonly profile: FragmentProfile;
  /**
   * @returns a ciphertext file for `decryptFragment`
   * @throws FEATURE_OUT_OF_RANGE names the feature whose number does not fit a slot
   * @throws INPUT_INVALID more than 40 MiB of features
   */
  encrypt(features: PlainFeatures, options?: EncryptOptions): Uint8Array;
}

/** Slots to a packed ciphertext, with one key and one set of handles. */
export interface SlotEncryptor extends Disposable {
  /** @param level the data level unless given */
  encryptSlots(slots: BigInt64Array, level?: Level): Uint8Array;
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
  using key = loadPublicKey(bfv, profile, publicKey);
  return slotEncryptor(bfv, (stack) => openPublicCipher(bfv, key, stack));
}

/** Secret-key encryption at the data level, the random half kept as its seed. */
export function openSecretSlots(bfv: BfvContext, profile: ProfileName, secretKey: Uint8Array): SlotEncryptor {
  using key = expandSecretKey(bfv, profile, secretKey);
  return slotEncryptor(bfv, (stack) => openSeededCipher(bfv, key, stack));
}

function slotEncryptor(
  { seal, context }: BfvContext,
  open: (stack: DisposableStack) => EncryptPlaintext,
): SlotEncryptor {
  using stack = new DisposableStack();
  const encoder = stack.use(new seal.BatchEncoder(context));
  const encrypt = open(stack);
  const owned = stack.move();
  return {
    encryptSlots: (slots, level) => encrypt((plaintext) => encoder.encode(slots, plaintext), level),
    [Symbol.dispose]: () => owned.dispose(),
  };
}

const REFUSED = "SEAL cannot encrypt the fragment";

/**
 * Opens an encryptor under a public key of a profile, or under those of `deriveByteKeys`, whose files are the smallest and have no numbers.
 * @throws BFV_BYTES_INVALID not a public key of this profile
 */
export async function openEncryptor(profile: FragmentProfile, publicKey: Uint8Array): Promise<FragmentEncryptor> {
  if (profile === "bytes") return openByteFragments(openPublicBytes(await loadSeal(), publicKey));
  const bfv = await bfvContext(profile);
  const slots = openPublicSlots(bfv, profile, publicKey);
  return {
    profile,
    encrypt(features, options = {}) {
      const { bytes, numeric } = layPayloadOut(bfv, profile, payloadOf(features, options));
      return callSeal("INPUT_INVALID", REFUSED, () =>
        encodeCiphertextFile({
          version: 1,
          profile,
          form: "full",
          bytes: Array.from(bytes, (part) => slots.encryptSlots(part, bfv.byteLevel)),
          numeric: numeric.map((part) => slots.encryptSlots(part)),
        }),
      );
    },
    [Symbol.dispose]: () => slots[Symbol.dispose](),
  };
}

function openByteFragments(bytes: ByteEncryptor): FragmentEncryptor {
  const profile = "bytes";
  return {
    profile,
    encrypt(features) {
      const { sequence } = encodeSequence(profile, payloadOf(features, { numericSlots: false }), () => 0n);
      return callSeal("INPUT_INVALID", REFUSED, () => {
        const { set, parts } = bytes.encrypt(sequence);
        return encodeCiphertextFile({ version: 2, profile, form: "full", set, bytes: parts, numeric: [] });
      });
    },
    [Symbol.dispose]: () => bytes[Symbol.dispose](),
  };
}

/**
 * Opens an encryptor under a secret key, of which it keeps a copy. The bytes are in the smallest set that fits, the numbers in slots of the profile, whose
 * context is opened for the first of them.
 * @throws BFV_BYTES_INVALID not a secret key
 */
export async function openSymmetricEncryptor(profile: ProfileName, secretKey: Uint8Array): Promise<FragmentEncryptor> {
  expectSecretKey(secretKey);
  const parameters = profileParameters(profile);
  const seal = await loadSeal();
  using opening = new DisposableStack();
  const kept = opening.adopt(Uint8Array.from(secretKey), (key) => void key.fill(0));
  const bytes = opening.use(openSecretBytes(seal, kept));
  const owned = opening.move();
  let slots: SlotEncryptor | undefined;
  const slotsOf = (bfv: BfvContext): SlotEncryptor => (slots ??= owned.use(openSecretSlots(bfv, profile, kept)));
  return {
    profile,
    encrypt(features, options = {}) {
      const bfv = (): BfvContext => keptContext(seal, parameters);
      const payload = encodeSequence("bytes", payloadOf(features, options), () => slotLimit(bfv()));
      return callSeal("INPUT_INVALID", REFUSED, () => {
        const { set, parts } = bytes.encrypt(payload.sequence);
        const numeric =
          payload.integers.length === 0
            ? []
            : numericToSlots(bfv(), payload.integers).map((part) => slotsOf(bfv()).encryptSlots(part));
        return encodeCiphertextFile({ version: 2, profile, form: "seeded", set, bytes: parts, numeric });
      });
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/**
 * Encrypts features under a public key, once. Everything is encoded, and so checked, before anything is encrypted.
 *
 * @returns a ciphertext file for `decryptFragment`
 * @throws FEATURE_OUT_OF_RANGE names the feature whose number does not fit a slot
 * @throws BFV_BYTES_INVALID not a public key of this profile
 * @throws INPUT_INVALID more than 40 MiB of features
 */
export async function encryptFragment(
  profile: FragmentProfile,
  publicKey: Uint8Array,
  features: PlainFeatures,
  options: EncryptOptions = {},
): Promise<Uint8Array> {
  using encryptor = await openEncryptor(profile, publicKey);
  return encryptor.encrypt(features, options);
}

/**
 * Encrypts features with the secret key, once, in the smallest parameters that they fit.
 * @throws as `encryptFragment`; BFV_BYTES_INVALID not a secret key
 */
export async function encryptFragmentSymmetric(
  profile: ProfileName,
  secretKey: Uint8Array,
  features: PlainFeatures,
  options: EncryptOptions = {},
): Promise<Uint8Array> {
  using encryptor = await openSymmetricEncryptor(profile, secretKey);
  return encryptor.encrypt(features, options);
}
