import { BOX_OVERHEAD, openXChaCha, sealXChaCha } from "@medexchain/core";

/** What a box is longer than its plaintext: a nonce of 24 bytes, and an authenticator of 16. */
export const BOX_OVERHEAD_BYTES = BOX_OVERHEAD;

/** XChaCha20-Poly1305 under a random nonce, which goes first. */
export const sealBox = sealXChaCha;

/** The plaintext; undefined when the box was altered, or sealed for another place or under another key. */
export const openBox = openXChaCha;
