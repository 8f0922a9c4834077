/** `xchacha-box.ts` for browsers, which have no ChaCha20 of their own. */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { randomBytes } from "@noble/ciphers/utils.js";

const NONCE_BYTES = 24;
const TAG_BYTES = 16;

export const BOX_OVERHEAD = NONCE_BYTES + TAG_BYTES;

export function sealXChaCha(key: Uint8Array, plaintext: Uint8Array, associated: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const box = new Uint8Array(plaintext.length + BOX_OVERHEAD);
  box.set(nonce);
  xchacha20poly1305(key, nonce, associated).encrypt(plaintext, box.subarray(NONCE_BYTES));
  return box;
}

export function openXChaCha(key: Uint8Array, box: Uint8Array, associated: Uint8Array): Uint8Array | undefined {
  if (box.length < BOX_OVERHEAD) return undefined;
  const cipher = xchacha20poly1305(key, box.subarray(0, NONCE_BYTES), associated);
  try {
    return cipher.decrypt(box.subarray(NONCE_BYTES));
  } catch {
    return undefined;
  }
}
