/**
 * Whether an element of Fp12 is in GT, the subgroup of order r, after Scott, "A note on group membership tests for G1, G2 and GT on
 * BLS pairing-friendly curves" (ePrint 2021/1130), who compares f^p with f^x in the cyclotomic subgroup, x = −X the curve's parameter.
 * There conjugation, f ↦ f^(p⁶), is inversion; so we compare f^p with the conjugate of f^X. For any f of Fp12* that is
 * f^(p − X·p⁶) = 1, and gcd(p − X·p⁶, p¹² − 1) = r (a test computes it): f is in GT exactly when the two are equal, and no check of the
 * cyclotomic subgroup is needed. It takes 63 squarings where f^r = 1 takes 254.
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
