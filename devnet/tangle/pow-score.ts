import { blake2b } from "@noble/hashes/blake2.js";
import { curlP81, HASH_TRITS } from "./curl-p81.ts";

const NONCE_BYTES = 8;

/**
 * The proof-of-work score of a block (TIP-12): 3^z / n, for n bytes and z zero trits at the end of
 * Curl-P-81(b1t6(BLAKE2b-256(block without nonce)) ‖ b1t6(nonce) ‖ 000).
 *
 * @param bytes a block, its 8-byte nonce last
 */
export function powScore(bytes: Uint8Array): number {
  const digest = blake2b(bytes.subarray(0, -NONCE_BYTES), { dkLen: 32 });
  const trits = new Int8Array(HASH_TRITS);
  trits.set(b1t6(digest));
  trits.set(b1t6(bytes.subarray(-NONCE_BYTES)), 6 * digest.length);
  const hash = curlP81(trits);
  let zeros = 0;
  while (zeros < HASH_TRITS && hash[HASH_TRITS - 1 - zeros] === 0) zeros += 1;
  return 3 ** zeros / bytes.length;
}

/** Each byte, as a signed number, becomes six balanced trits, the least significant first (TIP-5). */
function b1t6(bytes: Uint8Array): Int8Array {
  const trits = new Int8Array(6 * bytes.length);
  for (const [position, byte] of bytes.entries()) {
    let rest = (byte << 24) >> 24;
    for (let digit = 0; digit < 6; digit += 1) {
      const trit = balancedTrit(rest);
      trits[6 * position + digit] = trit;
      rest = (rest - trit) / 3;
    }
  }
  return trits;
}

/** The trit in {−1, 0, 1} that is congruent to the number modulo 3. */
function balancedTrit(value: number): number {
  const remainder = ((value % 3) + 3) % 3;
  return remainder === 2 ? -1 : remainder;
}
