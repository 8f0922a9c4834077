/**
 * E^k of a fixed element E of GT by a comb (Lim and Lee 1994) over four short exponents. In GT the Frobenius map is raising to p, and
 * p ≡ x modulo r for the 64-bit curve parameter x = −X; so with the digits d_i of k in base X,
 * E^k = Π B_i^(d_i), where B_i = E^(X^i) is an image of E under the map, conjugated for odd i (Galbraith and Scott 2008).
 *
 * Each d_i, made odd, is Σ ±2^j over the comb's positions; `teeth` of them at a time, `spacing` apart, are one lookup.
 */
import type { Fr, GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import { frobenius } from "./frobenius.ts";
import { CURVE_PARAMETER } from "./gt-membership.ts";
import { GT_WORDS, loaded, memory, type Pointer, words } from "./mcl.ts";
import { type Lookup, negateIf, readEntry } from "./table-lookup.ts";

/** Digits in base X: r < X⁴. */
const DIGITS = 4;
const DIGIT_BITS = 64;
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
  const spacing = Math.ceil((DIGIT_BITS + 1) / teeth);
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
      raw._mclBnGT_inv(inverse, factor);
      negateIf(negative, factor, inverse, GT_WORDS);
      raw._mclBnGT_mul(product, product, factor);
    }
  }
  for (let digit = 0; digit < DIGITS; digit += 1) {
    const wasEven = 1 - ((digits[2 * digit] ?? 0) & 1);
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
    const word = bit < DIGIT_BITS ? (digits[2 * digit + (bit >> 5)] ?? 0) : Number(bit === teeth * spacing);
    signs |= ((word >>> (bit < DIGIT_BITS ? bit & 31 : 0)) & 1) << tooth;
  }
  return signs;
}

const X_LOW = Number(CURVE_PARAMETER & 0xffffffffn);
const X_HIGH = Number(CURVE_PARAMETER >> 32n);

/**
 * The digits of a scalar in base X, two words each, lowest first. Long division bit by bit, with the same steps for every scalar.
 *
 * @param scalar 32 bytes, big-endian
 */
function digitsOf(scalar: Uint8Array): Uint32Array {
  const quotient = new Uint32Array(8);
  for (let i = 0; i < 32; i += 1) {
    quotient[i >> 2] = (quotient[i >> 2] ?? 0) | ((scalar[31 - i] ?? 0) << (8 * (i & 3)));
  }
  const digits = new Uint32Array(2 * DIGITS);
  for (let digit = 0; digit < DIGITS - 1; digit += 1) {
    let low = 0;
    let high = 0;
    for (let bit = 255; bit >= 0; bit -= 1) {
      const word = bit >> 5;
      const shift = bit & 31;
      const carry = high >>> 31;
      high = (high << 1) | (low >>> 31);
      low = (low << 1) | (((quotient[word] ?? 0) >>> shift) & 1);
      const lowRest = (low - X_LOW) | 0;
      const lowBorrow = borrowOf(low, X_LOW, lowRest);
      const highRest = (high - X_HIGH - lowBorrow) | 0;
      const fits = carry | (1 - borrowOf(high, X_HIGH, highRest));
      low ^= -fits & (low ^ lowRest);
      high ^= -fits & (high ^ highRest);
      quotient[word] = ((quotient[word] ?? 0) & ~(1 << shift)) | (fits << shift);
    }
    digits[2 * digit] = low;
    digits[2 * digit + 1] = high;
  }
  digits[2 * DIGITS - 2] = quotient[0] ?? 0;
  digits[2 * DIGITS - 1] = quotient[1] ?? 0;
  quotient.fill(0);
  return digits;
}

/** The borrow out of the 32-bit difference a − b. */
function borrowOf(a: number, b: number, difference: number): number {
  return ((~a & b) | ((~a | b) & difference)) >>> 31;
}
