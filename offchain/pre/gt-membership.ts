/**
 * Whether an element of Fp12 is in GT, the subgroup of order r: Scott, "A note on group membership tests for G1, G2 and GT on BLS
 * pairing-friendly curves" (ePrint 2021/1130). f is in the cyclotomic subgroup when f^(p⁴)·f = f^(p²), and there in GT when
 * f^p = f^x, x the curve's parameter: as p − x = r·(x − 1)²/3, the order of such an f divides r·gcd((x − 1)²/3, Φ12(p)/r), and that
 * gcd is 1. It takes 63 squarings where f^r = 1 takes 254.
 */
import type { GT } from "mcl-wasm";
import { CURVE_PARAMETER } from "./curve-digits.ts";
import { frobenius } from "./frobenius.ts";
import { GT_WORDS, loaded, memory, words } from "./mcl.ts";

const PARAMETER_BITS = CURVE_PARAMETER.toString(2).slice(1);

/** Whether an element of Fp12, not zero, has order r (or 1). */
export function isInGt(value: GT): boolean {
  const { raw, scratch } = loaded();
  const size = 4 * GT_WORDS;
  const [f, image, power] = [scratch, scratch + size, scratch + 2 * size];
  const copy = (from: number, to: number) => memory().copyWithin(to >> 2, from >> 2, (from >> 2) + GT_WORDS);
  memory().set(words(value), f >> 2);
  if (value.isZero()) return false;
  try {
    // f^(p²), then f^(p⁴)·f
    copy(f, image);
    frobenius(image);
    frobenius(image);
    copy(image, power);
    frobenius(power);
    frobenius(power);
    raw._mclBnGT_mul(power, power, f);
    if (raw._mclBnGT_isEqual(power, image) !== 1) return false;

    // f^|x|; its conjugate, which is its inverse here, is f^x
    copy(f, power);
    for (const bit of PARAMETER_BITS) {
      raw._mclBnGT_sqr(power, power);
      if (bit === "1") raw._mclBnGT_mul(power, power, f);
    }
    raw._mclBnGT_inv(power, power);
    copy(f, image);
    frobenius(image);
    return raw._mclBnGT_isEqual(power, image) === 1;
  } finally {
    memory().fill(0, scratch >> 2, (scratch >> 2) + 3 * GT_WORDS);
  }
}
