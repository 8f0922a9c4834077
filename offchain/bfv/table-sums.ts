/**
 * Computing on encrypted numbers without the key: sums, moments (mean and variance) and linear scores. Whoever computes sees
 * neither numbers nor results; the owner of the secret key decrypts the result.
 *
 * Everything is exact integer arithmetic modulo `t`, so a result is right or refused: columns that differ in key, name, unit,
 * scale or place are BFV_MISMATCH, a result that could leave `(-t/2, t/2)` is BFV_OVERFLOW, one that noise could drown is
 * BFV_NOISE_EXHAUSTED; all of them before a ciphertext is touched.
 *
 * A result tells the key's owner what it says, and through its noise something of the plaintext weights: the computations are
 * not circuit-private. The owner of the key can decrypt the inputs too, so their senders must trust it, or the computing party
 * to pass on results only.
 */

import { MedexError } from "@medexchain/core";
import { addPacked, packWords } from "./coefficients.ts";
import { bfvContext } from "./context.ts";
import { budgetOfSum, requireBudget } from "./noise.ts";
import { type NumericColumn, type NumericTable, readTable, tableOf } from "./numeric-table.ts";
import { requireAlike, requireRange } from "./table-checks.ts";
import { fullPart, polynomialsOf } from "./table-parts.ts";

/**
 * Adds tables slot by slot. The result can be added further.
 *
 * @param tables any number from 1, with like descriptions; ranges may differ
 * @returns each column's slot-wise sums, with the range that they must lie in
 * @throws BFV_MISMATCH, BFV_OVERFLOW, BFV_NOISE_EXHAUSTED before anything is computed; BFV_BYTES_INVALID; INPUT_INVALID no table
 */
export async function sumTables(tables: readonly NumericTable[]): Promise<NumericTable> {
  const { description } = requireAlike(tables);
  const { profile, keyId } = description;
  const bfv = await bfvContext(profile);
  const columns = description.columns.map((column, i): NumericColumn => {
    const range = tables.reduce(
      (sum, table) => {
        const { min = Number.NaN, max = Number.NaN } = table.description.columns[i] ?? {};
        return { min: sum.min + min, max: sum.max + max };
      },
      { min: 0, max: 0 },
    );
    requireRange(bfv, { name: column.name, ...range });
    return { ...column, ...range };
  });
  const noiseBudget = budgetOfSum(tables.map((table) => table.description.noiseBudget));
  requireBudget(noiseBudget, "sum");

  const { dataLevel: level, degree } = bfv;
  const sums: Uint8Array[] = [];
  let form: "full" | "product" = "full";
  for (const table of tables) {
    const file = readTable(bfv, table);
    if (file.form === "product") form = "product";
    for (const part of file.numeric.keys()) {
      const polynomials = polynomialsOf(file.form);
      const shape = { level, degree, isSeeded: false, polynomials, what: "ciphertext" };
      sums[part] = addPacked(sums[part] ?? new Uint8Array(0), fullPart(bfv, file, part), shape);
    }
  }
  const numeric = sums.map((sum) => {
    // The polynomials after the first are what hides the plaintext.
    if (sum.subarray(8 * degree * level.primes.length).every((byte) => byte === 0)) {
      throw new MedexError("INPUT_INVALID", "the numeric tables' sum hides nothing: one of them undoes the others");
    }
    return packWords(sum, level, degree);
  });
  return tableOf({ profile, keyId, columns, noiseBudget }, form, numeric);
}
