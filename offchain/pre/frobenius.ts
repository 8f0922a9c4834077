/**
 * The Frobenius map f ↦ f^p on Fp12, and the endomorphism ψ that it induces on G2, which mcl does not export. For f = Σ f_jk·v^j·w^k over Fp2 (w² = v, v³ = ξ = 1 + i) it conjugates
 * each f_jk and multiplies it by ξ^((p − 1)(2j + k)/6). ψ(x, y) = (x̄·ξ^(−(p − 1)/3), ȳ·ξ^(−(p − 1)/2)), and ψ(Q) = p·Q for Q in G2.
 */
import mcl from "mcl-wasm";
import { FP_WORDS, loaded, memory, type Pointer, words } from "./mcl.ts";

const P = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
const FP2_BYTES = 8 * FP_WORDS;

/** 2j + k of the six coefficients in mcl's order: (1, v, v²), then w times them. */
const EXPONENTS = [0, 2, 4, 1, 3, 5] as const;

let powersOfGamma: Pointer | undefined;

/** ξ^((p − 1)n/6) for n < 6, one after another. */
function gammaPowers(): Pointer {
  if (powersOfGamma !== undefined) return powersOfGamma;
  const { raw } = loaded();
  const room = raw._malloc(6 * FP2_BYTES);
  const at = (n: number) => room + n * FP2_BYTES;
  const xi = new mcl.Fp2();
  xi.setInt(1, 1);
  const one = new mcl.Fp2();
  one.setInt(1, 0);
  memory().set(words(one), at(0) >> 2);
  memory().set(words(one), at(1) >> 2);
  const stack = raw.stackSave();
  try {
    const base = raw.sallocCopy(words(xi));
    for (const bit of ((P - 1n) / 6n).toString(2)) {
      raw._mclBnFp2_sqr(at(1), at(1));
      if (bit === "1") raw._mclBnFp2_mul(at(1), at(1), base);
    }
  } finally {
    raw.stackRestore(stack);
  }
  for (let n = 2; n < 6; n += 1) raw._mclBnFp2_mul(at(n), at(n - 1), at(1));
  powersOfGamma = room;
  return room;
}

let psiConstants: Pointer | undefined;

/** ξ^(−(p − 1)/3), ξ^(−(p − 1)/2). */
function psiFactors(): Pointer {
  if (psiConstants !== undefined) return psiConstants;
  const gamma = gammaPowers();
  const room = loaded().raw._malloc(2 * FP2_BYTES);
  for (const [index, exponent] of [2, 3].entries()) {
    const power = new mcl.Fp2();
    const from = (gamma + exponent * FP2_BYTES) >> 2;
    words(power).set(memory().subarray(from, from + 2 * FP_WORDS));
    memory().set(words(mcl.inv(power)), (room + index * FP2_BYTES) >> 2);
  }
  psiConstants = room;
  return room;
}

/** Replaces a point of G2 by ψ of it, which is p times it. */
export function psi(point: Pointer): void {
  const { raw } = loaded();
  const factors = psiFactors();
  for (let coordinate = 0; coordinate < 3; coordinate += 1) {
    const at = point + coordinate * FP2_BYTES;
    raw._mclBnFp_neg(at + FP2_BYTES / 2, at + FP2_BYTES / 2);
    if (coordinate < 2) raw._mclBnFp2_mul(at, at, factors + coordinate * FP2_BYTES);
  }
}

/** Replaces an element of Fp12 by its p-th power. */
export function frobenius(value: Pointer): void {
  const { raw } = loaded();
  const gamma = gammaPowers();
  for (const [index, exponent] of EXPONENTS.entries()) {
    const coefficient = value + index * FP2_BYTES;
    const imaginary = coefficient + FP2_BYTES / 2;
    raw._mclBnFp_neg(imaginary, imaginary);
    if (exponent > 0) raw._mclBnFp2_mul(coefficient, coefficient, gamma + exponent * FP2_BYTES);
  }
}
