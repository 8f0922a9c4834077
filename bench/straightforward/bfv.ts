/**
 * BFV as SEAL's examples do it: keys and ciphertexts in SEAL's own serialised form with its own compression, every ciphertext at
 * the level it was made. Same parameters, same slots. The caller makes the context, for each operation or once.
 */

import { type BfvParameters, loadSeal } from "@medexchain/bfv";
import type { ComprModeType, SEALContext } from "node-seal";
import type { Seal } from "../../offchain/bfv/seal.ts";

export interface StraightforwardKeys {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

export interface StraightforwardContext extends Disposable {
  readonly seal: Seal;
  readonly context: SEALContext;
  readonly compression: ComprModeType;
}

/** Makes parameters and context. Most of its time goes into looking for primes. */
export async function openContext(parameters: BfvParameters): Promise<StraightforwardContext> {
  const { degree, coefficientBits, plainBits } = parameters;
  const seal = await loadSeal();
  using settings = new seal.EncryptionParameters(seal.SchemeType.bfv);
  using coefficientModulus = seal.CoeffModulus.Create(degree, Int32Array.from(coefficientBits));
  using plainModulus = seal.PlainModulus.Batching(degree, plainBits);
  settings.setPolyModulusDegree(degree);
  settings.setCoeffModulus(coefficientModulus);
  settings.setPlainModulus(plainModulus);
  const context: SEALContext = new seal.SEALContext(settings, true, seal.SecLevelType.tc128);
  return { seal, context, compression: seal.ComprModeType.zstd, [Symbol.dispose]: () => context.delete() };
}

/** Serialised by SEAL: embind types it `any`. */
type Saved = Uint8Array;

export function generateKeys({ seal, context, compression }: StraightforwardContext): StraightforwardKeys {
  using generator = new seal.KeyGenerator(context);
  using publicKey = generator.createPublicKeySerializable();
  using secretKey = generator.secretKey();
  return {
    publicKey: publicKey.saveToArray(compression) as Saved,
    secretKey: secretKey.saveToArray(compression) as Saved,
  };
}

export function encrypt(
  { seal, context, compression }: StraightforwardContext,
  keys: StraightforwardKeys,
  parts: readonly BigInt64Array[],
  isSymmetric: boolean,
): Uint8Array[] {
  using publicKey = new seal.PublicKey();
  publicKey.loadFromArray(context, keys.publicKey);
  using secretKey = new seal.SecretKey();
  if (isSymmetric) secretKey.loadFromArray(context, keys.secretKey);
  using encryptor = isSymmetric
    ? new seal.Encryptor(context, publicKey, secretKey)
    : new seal.Encryptor(context, publicKey);
  using encoder = new seal.BatchEncoder(context);
  return parts.map((slots) => {
    using plaintext = new seal.Plaintext();
    encoder.encode(slots, plaintext);
    using ciphertext = isSymmetric
      ? encryptor.encryptSymmetricSerializable(plaintext)
      : encryptor.encryptSerializable(plaintext);
    return ciphertext.saveToArray(compression) as Saved;
  });
}

export function decrypt(
  { seal, context }: StraightforwardContext,
  keys: StraightforwardKeys,
  ciphertexts: readonly Uint8Array[],
): BigInt64Array[] {
  using secretKey = new seal.SecretKey();
  secretKey.loadFromArray(context, keys.secretKey);
  using decryptor = new seal.Decryptor(context, secretKey);
  using encoder = new seal.BatchEncoder(context);
  return ciphertexts.map((bytes) => {
    using ciphertext = new seal.Ciphertext();
    ciphertext.loadFromArray(context, bytes);
    using plaintext = new seal.Plaintext();
    decryptor.decrypt(ciphertext, plaintext);
    return encoder.decodeBigInt64(plaintext) as BigInt64Array; // embind types it `any`
  });
}

export function sum(
  { seal, context, compression }: StraightforwardContext,
  files: readonly (readonly Uint8Array[])[],
): Uint8Array[] {
  using evaluator = new seal.Evaluator(context);
  const parts = files[0]?.length ?? 0;
  return Array.from({ length: parts }, (_, part) => {
    using total = new seal.Ciphertext();
    for (const [i, file] of files.entries()) {
      using term = new seal.Ciphertext();
      term.loadFromArray(context, file[part] ?? new Uint8Array(0));
      if (i === 0) total.assign(term);
      else evaluator.addInplace(total, term);
    }
    return total.saveToArray(compression) as Saved;
  });
}
