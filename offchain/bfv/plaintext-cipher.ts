/** SEAL's objects that encrypt and decrypt plaintexts with one key. They belong to a stack of the caller's. */

import { MedexError } from "@medexchain/core";
import type { Plaintext, PublicKey, SecretKey } from "node-seal";
import { packSaved } from "./coefficients.ts";
import type { BfvContext, Level } from "./context.ts";
import { loadCiphertext } from "./load-ciphertext.ts";
import { callSeal } from "./seal.ts";

/**
 * Encrypts what a call fills SEAL's plaintext with, which is wiped after.
 * @param level the data level unless given; with a secret key, no other
 * @returns the packed ciphertext
 */
export type EncryptPlaintext = (fill: (plaintext: Plaintext) => void, level?: Level) => Uint8Array;

/** With a public key; each ciphertext is switched down to the wanted level. */
export function openPublicCipher(bfv: BfvContext, key: PublicKey, stack: DisposableStack): EncryptPlaintext {
  const { seal, context, degree, dataLevel } = bfv;
  const encryptor = stack.use(new seal.Encryptor(context, key)); // copies the key
  const evaluator = stack.use(new seal.Evaluator(context));
  const plaintext = stack.use(new seal.Plaintext());
  const ciphertext = stack.use(new seal.Ciphertext());
  return (fill, level = dataLevel) => {
    fill(plaintext);
    encryptor.encrypt(plaintext, ciphertext);
    plaintext.setZero();
    while (ciphertext.coeffModulusSize() > level.primes.length) evaluator.cipherModSwitchToNextInplace(ciphertext);
    const saved = ciphertext.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
    return packSaved(saved, level, degree, false);
  };
}

/** With a secret key, at the data level, the random half kept as its seed. */
export function openSeededCipher(bfv: BfvContext, key: SecretKey, stack: DisposableStack): EncryptPlaintext {
  const { seal, context, degree, dataLevel } = bfv;
  using generator = new seal.KeyGenerator(context, key);
  // SEAL's bindings construct an encryptor with a public key only; this one is never used.
  using unused = generator.createPublicKey();
  const encryptor = stack.use(new seal.Encryptor(context, unused, key)); // copies the keys
  const plaintext = stack.use(new seal.Plaintext());
  return (fill) => {
    fill(plaintext);
    using serializable = encryptor.encryptSymmetricSerializable(plaintext);
    plaintext.setZero();
    const saved = serializable.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
    return packSaved(saved, dataLevel, degree, true);
  };
}

/** A packed ciphertext from anyone. */
export interface PackedCiphertext {
  readonly packed: Uint8Array;
  readonly level: Level;
  readonly isSeeded: boolean;
  /** 2, or 3 for a product. */
  readonly polynomials?: number;
}

/** Decrypts to SEAL's plaintext, which is wiped after a call has read it. */
export type DecryptPlaintext = <T>(ciphertext: PackedCiphertext, read: (plaintext: Plaintext) => T) => T;

const REFUSED = "the fragment does not decrypt: the key is wrong or the bytes are damaged";

/**
 * With a secret key.
 * @param isCheckedLater the caller compares what comes with a digest or an exact value, so that a wrong result is told without the noise
 *   budget, whose computation takes as long as decryption
 * @returns a call that throws FRAGMENT_INVALID where no noise budget is left, if that is looked at; BFV_BYTES_INVALID
 */
export function openDecryptingCipher(
  bfv: BfvContext,
  key: SecretKey,
  stack: DisposableStack,
  isCheckedLater: boolean,
): DecryptPlaintext {
  const { seal, context } = bfv;
  const decryptor = stack.use(new seal.Decryptor(context, key)); // copies the key
  const plaintext = stack.use(new seal.Plaintext());
  return ({ packed, level, isSeeded, polynomials }, read) => {
    using ciphertext = loadCiphertext(bfv, packed, level, isSeeded, polynomials);
    return callSeal("FRAGMENT_INVALID", REFUSED, () => {
      if (!isCheckedLater && decryptor.invariantNoiseBudget(ciphertext) <= 0)
        throw new MedexError("FRAGMENT_INVALID", REFUSED);
      decryptor.decrypt(ciphertext, plaintext);
      const result = read(plaintext);
      plaintext.setZero();
      return result;
    });
  };
}
