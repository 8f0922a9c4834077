/**
 * E^k of a fixed element E of GT by a comb (Lim and Lee 1994) over the four digits d_i of k in base X (curve-digits.ts):
 * E^k = Π B_i^(d_i), where B_i = E^(X^i) is an image of E under the Frobenius map, conjugated for odd i.
 *
 * Each d_i, made odd, is Σ ±2^j over the comb's positions; `teeth` of them at a time, `spacing` apart, are one lookup.
 */
import type { Fr, GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import { bitOf, DIGIT_BITS, DIGITS, digitsOf } from "./curve-digits.ts";
import { frobenius } from "./frobenius.ts";
import { GT_WORDS, loaded, memory, type Pointer, words } from "./mcl.ts";
import { type Lookup, readEntry, replaceIf } from "./table-lookup.ts";

const SIZE = 4 * GT_WORDS;

/** The table of an element: 2^(teeth + 1) + 8 elements of GT, of 576 bytes each. */
export interface GtComb {
  readonly teeth: number;
  readonly spacing: number;
  /** For each i, Π over the teeth u of B_i^(±2^(spacing·u)), with + for the last tooth and the bits of the entry's index for the rest. */
  readonly entries: Uint32Array;
  /** For each i, 1 and B_i⁻¹, for digits that are odd and that were made odd. */
  readonly corrections: Uint32Array;
}

/** Builds the table of an element of GT. */
export function makeGtComb(base: GT, teeth: number): GtComb {
  const { raw } = loaded();
  const spacing = Math.ceil(DIGIT_BITS / teeth);
  const count = 1 << (teeth - 1);
  const entries = new Uint32Array(DIGITS * count * GT_WORDS);
  const corrections = new Uint32Array(DIGITS * 2 * GT_WORDS);
  const one = new mcl.GT();
  one.setInt(1);
  const stack = raw.stackSave();
  const row = raw._malloc(SIZE * count); // the stack is small
  try {
    const power = raw.sallocCopy(words(base));
    const inverse = raw.salloc(words(base));
    // First entry 0: the last tooth over all others; with it the squares of all others, each of which turns a − into a +.
    const squares: Pointer[] = [];
    const first = raw.sallocCopy(words(one));
    for (let tooth = 0; tooth < teeth; tooth += 1) {
      if (tooth < teeth - 1) {
        raw._mclBnGT_inv(inverse, power);
        raw._mclBnGT_mul(first, first, inverse);
        const square = raw.salloc(words(base));
        raw._mclBnGT_sqr(square, power);
        squares.push(square);
        for (let step = 0; step < spacing; step += 1) raw._mclBnGT_sqr(power, power);
      } else raw._mclBnGT_mul(first, first, power);
    }
    memory().copyWithin(row >> 2, first >> 2, (first >> 2) + GT_WORDS);
    for (const [tooth, square] of squares.entries()) {
      const half = 1 << tooth;
      for (let entry = 0; entry < half; entry += 1) {
        raw._mclBnGT_mul(row + SIZE * (half + entry), row + SIZE * entry, square);
      }
    }
    memory().set(words(base), inverse >> 2);
    raw._mclBnGT_inv(inverse, inverse);
    for (let digit = 0; digit < DIGITS; digit += 1) {
      const from = row >> 2;
      entries.set(memory().subarray(from, from + count * GT_WORDS), digit * count * GT_WORDS);
      corrections.set(words(one), 2 * digit * GT_WORDS);
      corrections.set(memory().subarray(inverse >> 2, (inverse >> 2) + GT_WORDS), (2 * digit + 1) * GT_WORDS);
      if (digit === DIGITS - 1) break;
      for (let entry = 0; entry < count; entry += 1) toNextDigit(row + SIZE * entry);
      toNextDigit(inverse);
    }
  } finally {
    raw._free(row);
    raw.stackRestore(stack);
  }
  return { teeth, spacing, entries, corrections };
}

/** f ↦ f^X = (f^p)⁻¹. */
function toNextDigit(value: Pointer): void {
  frobenius(value);
  loaded().raw._mclBnGT_inv(value, value);
}

/** E^k. For `lookup` see curve.ts. */
export function powGtComb({ teeth, spacing, entries, corrections }: GtComb, scalar: Fr, lookup: Lookup): GT {
  const { raw, scratch } = loaded();
  const [product, factor, inverse] = [scratch, scratch + SIZE, scratch + 2 * SIZE];
  const count = 1 << (teeth - 1);
  const bytes = scalar.serialize();
  const digits = digitsOf(bytes);
  bytes.fill(0);
  const result = new mcl.GT();
  result.setInt(1);
  memory().set(words(result), product >> 2);
  for (let column = spacing - 1; column >= 0; column -= 1) {
    if (column < spacing - 1) raw._mclBnGT_sqr(product, product);
    for (let digit = 0; digit < DIGITS; digit += 1) {
      const signs = signsOf(digits, digit, column, teeth, spacing);
      const negative = 1 - (signs >> (teeth - 1));
      const index = (signs ^ -negative) & (count - 1);
      readEntry({ entries, first: digit * count, count, size: GT_WORDS }, index, factor, lookup);
      if (lookup === "uniform") {
        raw._mclBnGT_inv(inverse, factor);
        replaceIf(negative, factor, inverse, GT_WORDS);
      } else if (negative === 1) raw._mclBnGT_inv(factor, factor);
      raw._mclBnGT_mul(product, product, factor);
    }
  }
  for (let digit = 0; digit < DIGITS; digit += 1) {
    const wasEven = 1 - bitOf(digits, digit, 0);
    if (lookup === "direct" && wasEven === 0) continue;
    readEntry({ entries: corrections, first: 2 * digit, count: 2, size: GT_WORDS }, wasEven, factor, lookup);
    raw._mclBnGT_mul(product, product, factor);
  }
  raw.copyFromHeap32(words(result), product);
  memory().fill(0, scratch >> 2, (scratch >> 2) + 3 * GT_WORDS);
  digits.fill(0);
  return result;
}

/** The signs (1 for +) at one column of the comb, lowest tooth in the lowest bit. Sign j is bit j + 1 of the odd digit, the last +. */
function signsOf(digits: Uint32Array, digit: number, column: number, teeth: number, spacing: number): number {
  let signs = 0;
  for (let tooth = 0; tooth < teeth; tooth += 1) {
    const bit = column + spacing * tooth + 1;
    const sign = bit < DIGIT_BITS ? bitOf(digits, digit, bit) : Number(bit === teeth * spacing);
    signs |= sign << tooth;
  }
  return signs;
}
