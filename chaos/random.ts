import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** Draws that are the same for the same seed. Not for secrets. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number;
  chance(probability: number): boolean;
  /** @throws RangeError when there is nothing to pick from */
  pick<T>(items: readonly T[]): T;
  /** Draws of their own, which do not depend on how many were drawn here. */
  fork(label: string): Random;
}

/** Starts draws from a seed: sfc32 (Chris Doty-Humphrey, PractRand), its state the SHA-256 of the seed. */
export function randomFrom(seed: string): Random {
  const state = new DataView(sha256(utf8ToBytes(seed)).buffer);
  let a = state.getUint32(0);
  let b = state.getUint32(4);
  let c = state.getUint32(8);
  let counter = state.getUint32(12);
  const next = (): number => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return (t >>> 0) / 2 ** 32;
  };
  const integer = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (items) => {
      if (items.length === 0) throw new RangeError("nothing to pick from");
      // an index below the length holds an item
      return items[integer(0, items.length - 1)] as (typeof items)[number];
    },
    fork: (label) => randomFrom(`${seed}/${label}`),
  };
}
