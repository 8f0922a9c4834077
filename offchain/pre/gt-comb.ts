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
const CORRECTIONS = 1 << DIGITS;

/** The table of an element: 2^(teeth + 1) + 16 elements of GT, of 576 bytes each. */
export interface GtComb {
  readonly teeth: number;
  readonly spacing: number;
  /** For each i, Π over the teeth u of B_i^(±2^(spacing·u)), with + for the last tooth and the bits of the entry's index for the rest. */
  readonly entries: Uint32Array;
  /** For each set of digits that were made odd, by the bits of the entry's index, Π B_i⁻¹ over them. */
  readonly corrections: Uint32Array;
}

/** Builds the table of an element of GT. */
export function makeGtComb(base: GT, teeth: number): GtComb {
  const { raw } = loaded();
  const spacing = Math.ceil(DIGIT_BITS / teeth);
  const count = 1 << (teeth - 1);
  const entries = new Uint32Array(DIGITS * count * GT_WORDS);
  const corrections = new Uint32Array(CORRECTIONS * GT_WORDS);
  const one = new mcl.GT();
  one.setInt(1);
  const stack = raw.stackSave();
  const row = raw._malloc(SIZE * count); // the stack is small
  const correction = raw._malloc(SIZE * CORRECTIONS);
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
    memory().set(words(one), correction >> 2);
    for (let digit = 0; digit < DIGITS; digit += 1) {
      const from = row >> 2;
      entries.set(memory().subarray(from, from + count * GT_WORDS), digit * count * GT_WORDS);
      for (let set = 0; set < 1 << digit; set += 1) {
        raw._mclBnGT_mul(correction + SIZE * ((1 << digit) + set), correction + SIZE * set, inverse);
      }
      if (digit === DIGITS - 1) break;
      for (let entry = 0; entry < count; entry += 1) toNextDigit(row + SIZE * entry);
      toNextDigit(inverse);
    }
    corrections.set(memory().subarray(correction >> 2, (correction >> 2) + corrections.length));
  } finally {
    raw._free(row);
    raw._free(correction);
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
  for (let column = spacing - 1; column >= 0; column -= 1) {
    if (column < spacing - 1) raw._mclBnGT_sqr(product, product);
    for (let digit = 0; digit < DIGITS; digit += 1) {
      const signs = signsOf(digits, digit, column, teeth, spacing);
      const negative = 1 - (signs >> (teeth - 1));
      const index = (signs ^ -negative) & (count - 1);
      const isFirst = column === spacing - 1 && digit === 0;
      const target = isFirst ? product : factor;
      readEntry({ entries, first: digit * count, count, size: GT_WORDS }, index, target, lookup);
      if (lookup === "uniform") {
        raw._mclBnGT_inv(inverse, target);
        replaceIf(negative, target, inverse, GT_WORDS);
      } else if (negative === 1) raw._mclBnGT_inv(target, target);
      if (!isFirst) raw._mclBnGT_mul(product, product, factor);
    }
  }
  let madeOdd = 0;
  for (let digit = 0; digit < DIGITS; digit += 1) madeOdd |= (1 - bitOf(digits, digit, 0)) << digit;
  readEntry({ entries: corrections, first: 0, count: CORRECTIONS, size: GT_WORDS }, madeOdd, factor, lookup);
  raw._mclBnGT_mul(product, product, factor);
  const result = new mcl.GT();
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
