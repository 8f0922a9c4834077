import type { RandomSource } from "./discrete-laplace.ts";

/** Words of one draw, so that a long one takes no memory of its length. */
const BLOCK = 1024;

/**
 * Fills an array with numbers uniform in `[0, below)`: words of 8 bytes, little-endian, cut to the bits of `below`, by rejection.
 * @param below at most 2^63
 */
export function drawUniform(random: RandomSource, below: bigint, into: BigUint64Array): void {
  const cut = (1n << BigInt(below.toString(2).length)) - 1n;
  for (let filled = 0; filled < into.length; ) {
    const words = Math.min(into.length - filled, BLOCK);
    const block = random(8 * words);
    const view = new DataView(block.buffer, block.byteOffset);
    for (let at = 0; at < block.length; at += 8) {
      const drawn = view.getBigUint64(at, true) & cut;
      if (drawn < below) into[filled++] = drawn;
    }
    block.fill(0);
  }
}
