/** Randomness that is the same in every run: SHAKE256 of a seed, read from the start on. */

import type { RandomSource } from "@medexchain/pre";
import { shake256 } from "@noble/hashes/sha3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** A source that gives the bytes of one stream. */
export function seeded(seed: string): RandomSource {
  const stream = shake256.create({}).update(utf8ToBytes(seed));
  return (length) => stream.xof(length);
}

/** A source that remembers, in hexadecimal, what was drawn since it was last asked. */
export function recording(source: RandomSource): { random: RandomSource; taken: () => string[] } {
  let draws: string[] = [];
  return {
    random: (length) => {
      const bytes = source(length);
      draws.push(bytesToHex(bytes));
      return bytes;
    },
    taken: () => {
      const taken = draws;
      draws = [];
      return taken;
    },
  };
}
