/**
 * Powers in GT by small public exponents, and the Lagrange coefficients at 0 as such exponents.
 *
 * λ_i = Π_{j≠i} j/(j − i) are fractions. With D their common denominator, D·λ_i are small integers, and one power by D⁻¹ mod r takes D
 * away again: k small exponents and one large one, where k large ones would cost k times as much.
 */
import type { GT } from "mcl-wasm";
import mcl from "mcl-wasm";
import { mulGt, powGtPublic, squareGt } from "../curve.ts";

/** D and all D·λ_i. */
export interface IntegerLagrange {
  readonly denominator: bigint;
  readonly numerators: readonly bigint[];
}

/**
 * The Lagrange coefficients at 0 of distinct indices, as integers over one denominator.
 *
 * @param indices each at least 1, none twice
 */
export function lagrangeAtZero(indices: readonly number[]): IntegerLagrange {
  const fractions = indices.map((index) => {
    let [above, below] = [1n, 1n];
    for (const other of indices) {
      if (other === index) continue;
      above *= BigInt(other);
      below *= BigInt(other - index);
    }
    const common = gcd(above, below);
    return { above: above / common, below: below / common };
  });
  const denominator = fractions.reduce((all, { below }) => (all * abs(below)) / gcd(all, below), 1n);
  return { denominator, numerators: fractions.map(({ above, below }) => (denominator / below) * above) };
}

/** Π E_i^(k_i) for small public k_i, of any sign: all squarings are shared. */
export function productOfPowers(factors: readonly (readonly [base: GT, exponent: bigint])[]): GT {
  const bases = factors.map(([base, exponent]) => ({
    base: exponent < 0n ? mcl.inv(base) : base,
    bits: abs(exponent),
  }));
  const length = Math.max(0, ...bases.map(({ bits }) => bits.toString(2).length));
  let product: GT | undefined;
  for (let bit = BigInt(length) - 1n; bit >= 0n; bit -= 1n) {
    if (product !== undefined) product = squareGt(product);
    for (const { base, bits } of bases) {
      if (((bits >> bit) & 1n) === 1n) product = product === undefined ? base : mulGt(product, base);
    }
  }
  if (product !== undefined) return product;
  const one = new mcl.GT();
  one.setInt(1);
  return one;
}

/** The values at `index` of the polynomial whose coefficients, from the lowest on, are in the exponents of `coefficients`. */
export function evaluateInExponent(coefficients: readonly GT[], index: number): GT {
  return coefficients.reduceRight((value, coefficient) =>
    mulGt(productOfPowers([[value, BigInt(index)]]), coefficient),
  );
}

/** E^(1/D) in GT. */
export function rootOf(base: GT, denominator: bigint): GT {
  if (denominator === 1n) return base;
  const exponent = new mcl.Fr();
  exponent.setStr(denominator.toString());
  return powGtPublic(base, mcl.inv(exponent));
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [abs(a), abs(b)];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
