/**
 * k·Q of any point Q of G2, in constant time: Straus's method over the four digits of k in base X (curve-digits.ts), whose bases
 * B_i = X^i·Q are images of Q under ψ. It takes about three quarters of mcl's own constant-time multiplication.
 *
 * Each digit is raised to an odd number, by 1 or by 2, of which B_i or 2·B_i is taken off at the end, so that no step is left out for
 * any k; windows of four have digits ±1, ±3 … ±15 (see fixed-base.ts), of which every lookup reads all.
 */
import type { Fr, G2 } from "mcl-wasm";
import mcl from "mcl-wasm";
import { addToDigit, bitOf, DIGIT_BITS, DIGITS, digitsOf } from "./curve-digits.ts";
import { psi } from "./frobenius.ts";
import { G2_WORDS, loaded, memory, words } from "./mcl.ts";
import { readEntry, replaceIf, writeAffineZ } from "./table-lookup.ts";

const WINDOW = 4;
const WINDOWS = DIGIT_BITS / WINDOW;
const ENTRIES = 1 << (WINDOW - 1);
const SIZE = 4 * G2_WORDS;
const AFFINE_WORDS = (2 * G2_WORDS) / 3;

/** k·Q for any k but 0. */
export function multiplyG2(point: G2, scalar: Fr): G2 {
  const { raw, scratch } = loaded();
  const [sum, entry, negated] = [scratch, scratch + SIZE, scratch + 2 * SIZE];
  const bytes = scalar.serialize();
  const digits = digitsOf(bytes);
  bytes.fill(0);
  const { multiples, corrections, affine } = tablesOf(point);
  writeAffineZ(sum, affine);
  writeAffineZ(entry, affine);

  const surplus = Array.from({ length: DIGITS }, (_, digit) => 1 + bitOf(digits, digit, 0));
  for (const [digit, summand] of surplus.entries()) addToDigit(digits, digit, summand);
  for (let window = WINDOWS - 1; window >= 0; window -= 1) {
    for (let digit = 0; digit < DIGITS; digit += 1) {
      const isFirst = window === WINDOWS - 1 && digit === 0;
      if (digit === 0 && !isFirst) for (let i = 0; i < WINDOW; i += 1) raw._mclBnG2_dbl(sum, sum);
      const target = isFirst ? sum : entry;
      let b = 0;
      for (let i = WINDOW - 1; i >= 0; i -= 1) {
        const bit = WINDOW * window + i + 1;
        b = (b << 1) | (bit < DIGIT_BITS ? bitOf(digits, digit, bit) : 1);
      }
      const negative = 1 - (b >> (WINDOW - 1));
      const index = (b ^ -negative) & (ENTRIES - 1);
      readEntry(
        { entries: multiples, first: digit * ENTRIES, count: ENTRIES, size: AFFINE_WORDS },
        index,
        target,
        "uniform",
      );
      raw._mclBnG2_neg(negated, target);
      replaceIf(negative, target, negated, G2_WORDS);
      if (!isFirst) raw._mclBnG2_add(sum, sum, entry);
    }
  }
  for (const [digit, summand] of surplus.entries()) {
    readEntry({ entries: corrections, first: 2 * digit, count: 2, size: AFFINE_WORDS }, summand - 1, entry, "uniform");
    raw._mclBnG2_add(sum, sum, entry);
  }
  const result = new mcl.G2();
  raw.copyFromHeap32(words(result), sum);
  memory().fill(0, scratch >> 2, (scratch >> 2) + 3 * G2_WORDS);
  digits.fill(0);
  surplus.fill(0);
  return result;
}

/** For each digit x and y of B_i, 3·B_i … 15·B_i, and of −B_i, −2·B_i; and Q, affine. */
function tablesOf(point: G2): { multiples: Uint32Array; corrections: Uint32Array; affine: Uint32Array } {
  const { raw } = loaded();
  const multiples = new Uint32Array(DIGITS * ENTRIES * AFFINE_WORDS);
  const corrections = new Uint32Array(DIGITS * 2 * AFFINE_WORDS);
  const count = ENTRIES + 2;
  const stack = raw.stackSave();
  try {
    const row = raw.salloc(new Uint32Array(count * G2_WORDS));
    const at = (index: number) => row + SIZE * index;
    const twice = raw.salloc(words(point));
    memory().set(words(point), row >> 2);
    raw._mclBnG2_dbl(twice, row);
    for (let index = 1; index < ENTRIES; index += 1) raw._mclBnG2_add(at(index), at(index - 1), twice);
    raw._mclBnG2_neg(at(ENTRIES), row);
    raw._mclBnG2_neg(at(ENTRIES + 1), twice);
    raw._mclBnG2_normalizeVec(row, row, count);
    const affine = memory().slice(row >> 2, (row >> 2) + G2_WORDS);
    for (let digit = 0; digit < DIGITS; digit += 1) {
      for (let index = 0; index < count; index += 1) {
        const entry = memory().subarray(at(index) >> 2, (at(index) >> 2) + AFFINE_WORDS);
        if (index < ENTRIES) multiples.set(entry, (digit * ENTRIES + index) * AFFINE_WORDS);
        else corrections.set(entry, (2 * digit + index - ENTRIES) * AFFINE_WORDS);
      }
      // X·B = −ψ(B)
      for (let index = 0; index < count && digit < DIGITS - 1; index += 1) {
        psi(at(index));
        raw._mclBnG2_neg(at(index), at(index));
      }
    }
    return { multiples, corrections, affine };
  } finally {
    raw.stackRestore(stack);
  }
}
