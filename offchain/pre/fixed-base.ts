/**
 * k·P of a fixed point P by a table: windows of seven bits with digits ±1, ±3 … ±127, so that k costs 36 additions and no doubling, and
 * no digit is zero (Joye and Tunstall 2009). For odd k of fewer than 259 bits, k = Σ σ_j·2^j with σ_j = ±1 over j < 259, and σ_j is
 * read off bit j + 1 of k; an even k is replaced by r − k, and the result negated.
 */
import type { Fr, G1, G2 } from "mcl-wasm";
import mcl from "mcl-wasm";
import { G1_WORDS, G2_WORDS, loaded, memory, words } from "./mcl.ts";
import { type Lookup, readEntry, replaceIf, writeAffineZ } from "./table-lookup.ts";

export type { Lookup } from "./table-lookup.ts";

const WINDOW = 7;
const WINDOWS = 37;
const BITS = WINDOW * WINDOWS;
const ENTRIES = 1 << (WINDOW - 1);

interface Points {
  G1: G1;
  G2: G2;
}

/** A table: for each window w, x and y of (2j + 1)·128^w·P for j < 64. Of G1 it is 0.2 MB, of G2 0.5 MB. */
export interface FixedBase<Kind extends keyof Points> {
  readonly kind: Kind;
  readonly entries: Uint32Array;
  /** P, affine. */
  readonly point: Uint32Array;
}

/** Builds the table of a point: 2368 additions. */
export function makeFixedBase<Kind extends keyof Points>(kind: Kind, point: Points[Kind]): FixedBase<Kind> {
  const { raw } = loaded();
  const size = sizeOf(kind);
  const { add, dbl, normalise } = operations(kind);
  const affine = (2 * size) / 3;
  const entries = new Uint32Array(WINDOWS * ENTRIES * affine);
  let first: Uint32Array | undefined;
  const stack = raw.stackSave();
  const row = raw._malloc(4 * ENTRIES * size); // the stack is small
  try {
    const base = raw.sallocCopy(words(point));
    const twice = raw.salloc(words(point));
    const at = (entry: number) => row + 4 * size * entry;
    for (let window = 0; window < WINDOWS; window += 1) {
      dbl(twice, base);
      memory().copyWithin(row >> 2, base >> 2, (base >> 2) + size);
      for (let entry = 1; entry < ENTRIES; entry += 1) add(at(entry), at(entry - 1), twice);
      add(base, base, at(ENTRIES - 1)); // P + 127·P
      normalise(row, row, ENTRIES);
      first ??= memory().slice(row >> 2, (row >> 2) + size);
      for (let entry = 0; entry < ENTRIES; entry += 1) {
        const from = at(entry) >> 2;
        entries.set(memory().subarray(from, from + affine), (window * ENTRIES + entry) * affine);
      }
    }
  } finally {
    raw._free(row);
    raw.stackRestore(stack);
  }
  return { kind, entries, point: first ?? words(point) };
}

/** k·P. For `lookup` see curve.ts. */
export function multiplyFixedBase<Kind extends keyof Points>(
  { kind, entries, point }: FixedBase<Kind>,
  scalar: Fr,
  lookup: Lookup,
): Points[Kind] {
  const { raw, scratch } = loaded();
  const size = sizeOf(kind);
  const { add, neg } = operations(kind);
  const sum = scratch;
  const entry = sum + 4 * size;
  const negated = entry + 4 * size;
  const { signs, isNegated } = recode(scalar);
  const rowOf = (window: number) => ({ entries, first: window * ENTRIES, count: ENTRIES, size: (2 * size) / 3 });
  writeAffineZ(sum, point);
  writeAffineZ(entry, point);
  const read = (window: number, target: number) => {
    const { index, negative } = digitOf(signs, window);
    readEntry(rowOf(window), index, target, lookup);
    if (lookup === "uniform") {
      neg(negated, target);
      replaceIf(negative, target, negated, size);
    } else if (negative === 1) neg(target, target);
  };
  read(0, sum);
  for (let window = 1; window < WINDOWS; window += 1) {
    read(window, entry);
    add(sum, sum, entry);
  }
  neg(negated, sum);
  replaceIf(isNegated, sum, negated, size);
  const result = kind === "G1" ? new mcl.G1() : new mcl.G2();
  raw.copyFromHeap32(words(result), sum);
  memory().fill(0, scratch >> 2, (scratch >> 2) + 3 * size);
  signs.fill(0);
  return result as Points[Kind]; // made by the constructor of that kind
}

/** The signs σ_j as bits (1 for +), of k or, when k is even, of r − k. */
function recode(scalar: Fr): { signs: Uint8Array; isNegated: number } {
  const { raw } = loaded();
  const opposite = new mcl.Fr();
  raw.callOp2(raw._mclBnFr_sub, words(opposite), words(opposite), words(scalar)); // 0 − k
  const bytes = scalar.serialize();
  const other = opposite.serialize();
  opposite.clear();
  const isNegated = 1 - ((bytes[31] ?? 0) & 1);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = select(isNegated, other[i] ?? 0, bytes[i] ?? 0);
  const signs = new Uint8Array(BITS);
  for (let j = 0; j < 255; j += 1) signs[j] = ((bytes[31 - ((j + 1) >> 3)] ?? 0) >> ((j + 1) & 7)) & 1;
  signs[BITS - 1] = 1;
  bytes.fill(0);
  other.fill(0);
  return { signs, isNegated };
}

/** The digit of a window: its seven signs are a number 2b − 127; the top one is the digit's sign, and |digit| = 2·index + 1. */
function digitOf(signs: Uint8Array, window: number): { index: number; negative: number } {
  let b = 0;
  for (let bit = WINDOW - 1; bit >= 0; bit -= 1) b = (b << 1) | (signs[WINDOW * window + bit] ?? 0);
  const negative = 1 - (b >> (WINDOW - 1));
  return { index: (b ^ -negative) & (ENTRIES - 1), negative };
}

function select(choose: number, yes: number, no: number): number {
  return no ^ (-choose & (yes ^ no));
}

function sizeOf(kind: keyof Points): number {
  return kind === "G1" ? G1_WORDS : G2_WORDS;
}

function operations(kind: keyof Points) {
  const { raw } = loaded();
  return kind === "G1"
    ? { add: raw._mclBnG1_add, dbl: raw._mclBnG1_dbl, neg: raw._mclBnG1_neg, normalise: raw._mclBnG1_normalizeVec }
    : { add: raw._mclBnG2_add, dbl: raw._mclBnG2_dbl, neg: raw._mclBnG2_neg, normalise: raw._mclBnG2_normalizeVec };
}
