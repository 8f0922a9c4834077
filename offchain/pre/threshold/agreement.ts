/**
 * Whether more partials than k are those of one dealing: through any k of them goes one polynomial of degree k − 1 in the exponents of GT, and the
 * others must lie on it. Who looks on can tell no more without a relayer's proof: that all of them lie, alike, takes k liars.
 */
import { MedexError } from "@medexchain/core";
import { readGt } from "../elements.ts";
import { lagrangeAtZero, productOfPowers, rootOf } from "./exponents.ts";
import { checkIndices } from "./group.ts";
import type { Partial } from "./partial-object.ts";

/**
 * Whether all partials lie on one polynomial of degree k − 1; k of them always do.
 *
 * @param partials at least k, in the order of their indices
 * @param threshold k
 * @throws INPUT_INVALID when there are fewer than k; PRE_ELEMENT_INVALID
 */
export function partialsAgree(partials: readonly Partial[], threshold: number): boolean {
  checkIndices(partials.map(({ index }) => index));
  if (threshold < 1 || partials.length < threshold) {
    throw new MedexError(
      "INPUT_INVALID",
      `${partials.length} partials are too few to compare: ${threshold} always agree`,
    );
  }
  const read = partials.map(({ index, partial }) => ({
    index,
    value: readGt(partial, `the partial of relayer ${index}`),
  }));
  const basis = read.slice(0, threshold);
  return read.slice(threshold).every(({ index, value }) => {
    // The polynomial at this index is that at zero of one whose indices are shifted by as much.
    const { denominator, numerators } = lagrangeAtZero(basis.map((each) => each.index - index));
    const factors = basis.map((each, position) => [each.value, numerators[position] ?? 0n] as const);
    return rootOf(productOfPowers(factors), denominator).isEqual(value);
  });
}
