import { createKeccak } from "hash-wasm";

const hasher = await createKeccak(256);

/**
 * Keccak-256 (Yellow Paper, section 4: the Keccak of before FIPS 202's padding) of all parts, one after the other: 32 bytes. As
 * WebAssembly, since in JavaScript it is most of what an audit computes.
 */
export function keccak256(...parts: readonly Uint8Array[]): Uint8Array {
  hasher.init();
  for (const part of parts) hasher.update(part);
  return hasher.digest("binary");
}
