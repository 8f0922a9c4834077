/** A payload's bytes in ciphertexts of a byte set, and back, with one key. SEAL's objects of a set are made when it is first used. */

import { byteContext, expandByteKey, parseByteKeys } from "./byte-keys.ts";
import { BYTE_SETS, type ByteForm, type ByteSetName, capacityOf, layBytesOut } from "./byte-sets.ts";
import { loadPackedKey } from "./keys.ts";
import { bytesOfPlaintext, type PlaintextShape, withPlaintext } from "./plaintext-bytes.ts";
import {
  type DecryptPlaintext,
  type EncryptPlaintext,
  openDecryptingCipher,
  openPublicCipher,
  openSeededCipher,
} from "./plaintext-cipher.ts";
import type { Seal } from "./seal.ts";

/** Ciphertexts of one set, packed. */
export interface ByteParts {
  readonly set: ByteSetName;
  readonly parts: Uint8Array[];
}

export interface ByteEncryptor extends Disposable {
  readonly form: ByteForm;
  /** @param bytes of any length from 1; the set is chosen by it */
  encrypt(bytes: Uint8Array): ByteParts;
}

export interface ByteDecryptor extends Disposable {
  /**
   * @returns all that the ciphertexts hold; garbage where the key is wrong, which the payload's digest tells
   * @throws BFV_BYTES_INVALID
   */
  decrypt(form: ByteForm, bytes: { readonly set: ByteSetName; readonly parts: readonly Uint8Array[] }): Uint8Array;
}

/** A key's objects for each set and form, made when they are first asked for. */
function perSet<T>(make: (set: ByteSetName, form: ByteForm) => T): (set: ByteSetName, form: ByteForm) => T {
  const made = new Map<string, T>();
  return (set, form) => {
    const found = made.get(`${set} ${form}`) ?? make(set, form);
    made.set(`${set} ${form}`, found);
    return found;
  };
}

function openBytes(
  seal: Seal,
  form: ByteForm,
  stack: DisposableStack,
  open: (set: ByteSetName) => EncryptPlaintext,
): ByteEncryptor {
  const cipherOf = perSet(open);
  return {
    form,
    encrypt(bytes) {
      const { set, count } = layBytesOut(bytes.length, form);
      const cipher = cipherOf(set, form);
      const { context } = byteContext(seal, set, form);
      const capacity = capacityOf(set, form);
      const parts = Array.from({ length: count }, (_, i) =>
        withPlaintext(bytes.subarray(i * capacity, (i + 1) * capacity), shapeOf(set, form), (saved) =>
          cipher((plaintext) => plaintext.loadFromArray(context, saved)),
        ),
      );
      return { set, parts };
    },
    [Symbol.dispose]: () => stack.dispose(),
  };
}

/**
 * Opens an encryptor of bytes under public keys, of `deriveByteKeys`.
 * @throws BFV_BYTES_INVALID not such keys; when a set is first used, also if its key hides nothing
 */
export function openPublicBytes(seal: Seal, publicKeys: Uint8Array): ByteEncryptor {
  const keys = parseByteKeys(publicKeys);
  const stack = new DisposableStack();
  return openBytes(seal, "full", stack, (set) => {
    const bfv = byteContext(seal, set, "full");
    using key = loadPackedKey(bfv, keys[set]);
    return openPublicCipher(bfv, key, stack);
  });
}

/**
 * Opens an encryptor of bytes under a secret key, of which it keeps a copy.
 * @throws BFV_BYTES_INVALID when it is first used: not a secret key
 */
export function openSecretBytes(seal: Seal, secretKey: Uint8Array): ByteEncryptor {
  const stack = new DisposableStack();
  const kept = stack.adopt(Uint8Array.from(secretKey), (key) => void key.fill(0));
  return openBytes(seal, "seeded", stack, (set) => {
    const bfv = byteContext(seal, set, "seeded");
    using key = expandByteKey(bfv, set, kept);
    return openSeededCipher(bfv, key, stack);
  });
}

/** Opens a decryptor of bytes, which keeps a copy of the key. */
export function openByteDecryptor(seal: Seal, secretKey: Uint8Array): ByteDecryptor {
  const stack = new DisposableStack();
  const kept = stack.adopt(Uint8Array.from(secretKey), (key) => void key.fill(0));
  const cipherOf = perSet((set, form): DecryptPlaintext => {
    const bfv = byteContext(seal, set, form);
    using key = expandByteKey(bfv, set, kept);
    return openDecryptingCipher(bfv, key, stack, true); // the payload's digest tells
  });
  return {
    decrypt(form, { set, parts }) {
      const { dataLevel: level } = byteContext(seal, set, form);
      const decrypt = cipherOf(set, form);
      const capacity = capacityOf(set, form);
      const bytes = new Uint8Array(parts.length * capacity);
      for (const [i, packed] of parts.entries()) {
        const chunk = decrypt(
          { packed, level, isSeeded: form === "seeded" },
          (plaintext) =>
            bytesOfPlaintext(plaintext.saveToArray(seal.ComprModeType.none) as Uint8Array, shapeOf(set, form)), // embind types it `any`
        );
        bytes.set(chunk, i * capacity);
      }
      return bytes;
    },
    [Symbol.dispose]: () => stack.dispose(),
  };
}

function shapeOf(set: ByteSetName, form: ByteForm): PlaintextShape {
  const { degree, plainBits } = BYTE_SETS[set][form];
  return { degree, bits: plainBits };
}
