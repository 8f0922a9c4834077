/**
 * Miller loops whose G2 argument is known beforehand: the lines through its multiples are computed once (20 kB) and evaluated for
 * each G1 argument. Lines are of public keys and generators only.
 */
import type { G1, G2, GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import { loaded, memory, type Pointer, words } from "./mcl.ts";

/** The lines of a point of G2, not the identity. */
export interface MillerLines {
  readonly lines: Uint32Array;
}

/** One pairing of a product. */
export type Pair = readonly [p: G1, q: G2 | MillerLines];

let room: Pointer | undefined;

/** Room for the lines of two points, in WebAssembly memory. */
function lineRoom(): { first: Pointer; second: Pointer; bytes: number } {
  const { raw } = loaded();
  const bytes = 8 * raw._mclBn_getUint64NumToPrecompute();
  room ??= raw._malloc(2 * bytes);
  return { first: room, second: room + bytes, bytes };
}

/** Computes the lines of a point. */
export function makeLines(point: G2): MillerLines {
  const { raw } = loaded();
  const { first, bytes } = lineRoom();
  const stack = raw.stackSave();
  try {
    raw._mclBn_precomputeG2(first, raw.sallocCopy(words(point)));
    return { lines: memory().slice(first >> 2, (first + bytes) >> 2) };
  } finally {
    raw.stackRestore(stack);
  }
}

/** The product of Miller loops, before the final exponentiation. */
export function millerProduct(...pairs: readonly Pair[]): GT {
  // mcl's loops over lines take no identity; its pairing is 1. Two loops over lines, or one over lines, share their squarings.
  const rest = pairs
    .filter(([p, q]) => !p.isZero() && (isLines(q) || !q.isZero()))
    .toSorted(([, a], [, b]) => Number(isLines(a)) - Number(isLines(b)));
  let product: GT | undefined;
  for (let pair = rest.shift(); pair !== undefined; pair = rest.shift()) {
    const factor = oneOrTwo(pair, rest.pop());
    product = product === undefined ? factor : mcl.mul(product, factor);
  }
  if (product !== undefined) return product;
  const one = new mcl.GT();
  one.setInt(1);
  return one;
}

/** When one of them has no lines, it is the first. */
function oneOrTwo(first: Pair, second: Pair | undefined): GT {
  const { raw } = loaded();
  const result = new mcl.GT();
  const { first: room1, second: room2 } = lineRoom();
  const stack = raw.stackSave();
  try {
    const target = raw.salloc(words(result));
    const p1 = raw.sallocCopy(words(first[0]));
    const q1 = put(first[1], room1);
    if (second === undefined) {
      if (isLines(first[1])) raw._mclBn_precomputedMillerLoop(target, p1, q1);
      else raw._mclBn_millerLoop(target, p1, q1);
    } else {
      const p2 = raw.sallocCopy(words(second[0]));
      const q2 = put(second[1], room2);
      if (isLines(first[1])) raw._mclBn_precomputedMillerLoop2(target, p1, q1, p2, q2);
      else if (isLines(second[1])) raw._mclBn_precomputedMillerLoop2mixed(target, p1, q1, p2, q2);
      else {
        raw._mclBn_millerLoop(target, p1, q1);
        raw._mclBn_millerLoop(p2, p2, q2);
        raw._mclBnGT_mul(target, target, p2);
      }
    }
    raw.copyFromHeap32(words(result), target);
  } finally {
    raw.stackRestore(stack);
  }
  return result;
}

function put(q: G2 | MillerLines, at: Pointer): Pointer {
  if (!isLines(q)) return loaded().raw.sallocCopy(words(q));
  memory().set(q.lines, at >> 2);
  return at;
}

function isLines(q: G2 | MillerLines): q is MillerLines {
  return "lines" in q;
}
