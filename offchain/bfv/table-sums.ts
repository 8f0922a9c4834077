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

import type { Ciphertext } from "node-seal";
import { bfvContext } from "./context.ts";
import { budgetOfSum, requireBudget } from "./noise.ts";
import { type NumericColumn, type NumericTable, readTable, tableOf } from "./numeric-table.ts";
import { callSeal } from "./seal.ts";
import { requireAlike, requireRange } from "./table-checks.ts";
import { loadPart, savePart } from "./table-parts.ts";

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

  const { seal, context } = bfv;
  using evaluator = new seal.Evaluator(context);
  using stack = new DisposableStack();
  const sums: Ciphertext[] = [];
  let form: "full" | "product" = "full";
  for (const table of tables) {
    const file = readTable(bfv, table);
    if (file.form === "product") form = "product";
    for (const part of file.numeric.keys()) {
      const sum = sums[part];
      if (sum === undefined) sums.push(stack.use(loadPart(bfv, file, part)));
      else {
        using term = loadPart(bfv, file, part);
        callSeal("INPUT_INVALID", "SEAL cannot add these ciphertexts", () => evaluator.addInplace(sum, term));
      }
    }
  }
  const numeric = sums.map((sum) => savePart(bfv, sum));
  return tableOf({ profile, keyId, columns, noiseBudget }, form, numeric);
}
