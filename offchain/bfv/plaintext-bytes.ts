/** Bytes in the coefficients of a plaintext, as many bits in each as `t` has, lowest bits first; as SEAL loads and saves it. */

import { residueMemory, residues } from "./residues.ts";
import { PLAINTEXT_PREFIX, plaintextPrefix } from "./seal-format.ts";

/** The coefficients of a plaintext. */
export interface PlaintextShape {
  readonly degree: number;
  /** Of each coefficient. */
  readonly bits: number;
}

/**
 * Hands bytes to a call as a plaintext that SEAL loads, and wipes it after.
 * @param chunk `degree * bits / 8` bytes at most; zeros follow
 */
export function withPlaintext<T>(
  chunk: Uint8Array,
  { degree, bits }: PlaintextShape,
  call: (plaintext: Uint8Array) => T,
): T {
  const packedAt = PLAINTEXT_PREFIX + 8 * degree;
  const packedLength = (degree * bits) / 8;
  const end = packedAt + packedLength + 8;
  const memory = residueMemory(end);
  try {
    memory.fill(0, packedAt, end);
    memory.set(chunk, packedAt);
    memory.set(plaintextPrefix(degree), 0);
    residues().unpack(packedAt, 0, bits, 1n << BigInt(bits), PLAINTEXT_PREFIX, degree);
    return call(memory.subarray(0, packedAt));
  } finally {
    memory.fill(0, 0, end);
  }
}

/**
 * The reverse, of a plaintext that SEAL saved uncompressed: it leaves out the highest coefficients that are zero.
 * @returns `degree * bits / 8` bytes
 */
export function bytesOfPlaintext(saved: Uint8Array, { degree, bits }: PlaintextShape): Uint8Array {
  const coefficients = saved.subarray(PLAINTEXT_PREFIX);
  const packedAt = 8 * degree;
  const length = (degree * bits) / 8;
  const end = packedAt + length + 8;
  const memory = residueMemory(end);
  try {
    memory.fill(0, 0, end);
    memory.set(coefficients, 0);
    residues().pack(0, degree, bits, packedAt, 0);
    return memory.slice(packedAt, packedAt + length);
  } finally {
    memory.fill(0, 0, end);
  }
}
