import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes, randomBytes } from "@noble/hashes/utils.js";

const NONCE_BYTES = 24;
const AUTHENTICATOR_BYTES = 16;

/** What a box is longer than its plaintext. */
export const BOX_OVERHEAD_BYTES = NONCE_BYTES + AUTHENTICATOR_BYTES;

/** XChaCha20-Poly1305 under a random nonce, which goes first. A repeated publication is safe: it draws a new nonce. */
export function sealBox(key: Uint8Array, plaintext: Uint8Array, associated: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  return concatBytes(nonce, xchacha20poly1305(key, nonce, associated).encrypt(plaintext));
}

/** @returns the plaintext; undefined when the box was altered, or sealed for another place or under another key */
export function openBox(key: Uint8Array, box: Uint8Array, associated: Uint8Array): Uint8Array | undefined {
  if (box.length < BOX_OVERHEAD_BYTES) return undefined;
  const cipher = xchacha20poly1305(key, box.subarray(0, NONCE_BYTES), associated);
  try {
    return cipher.decrypt(box.subarray(NONCE_BYTES));
  } catch {
    // the cipher has one failure at this point: the authenticator is wrong
    return undefined;
  }
}
