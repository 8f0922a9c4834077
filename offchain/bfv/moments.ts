/** Mean and variance of encrypted numbers. What holds of computing without the key is said in `table-sums.ts`. */

import type { Ciphertext } from "node-seal";
import { bfvContext } from "./context.ts";
import { fromFixedPoint } from "./fixed-point.ts";
import { budgetOfSquare, budgetOfSum, freshBudget, requireBudget } from "./noise.ts";
import { decryptTable, type NumericColumn, type NumericTable, readTable, slotsOf, tableOf } from "./numeric-table.ts";
import { callSeal } from "./seal.ts";
import { jointRange, notPlain, requireAlike, requireRange } from "./table-checks.ts";
import { encodeSlots, loadPart, savePart } from "./table-parts.ts";

/** Encrypted moments, for `decryptMoments`. */
export interface EncryptedMoments {
  /** How many tables went in. */
  readonly tables: number;
  /** By column: the public middle of its range, as an integer at its scale, that was subtracted from each value. */
  readonly centres: readonly number[];
  /** Slot-wise sums of `x - centre`. */
  readonly deviations: NumericTable;
  /** Slot-wise sums of `(x - centre)²`; three polynomials to a ciphertext. */
  readonly squares: NumericTable;
}

/**
 * Computes what mean and variance need: sums of deviations from the middle of the range, and of their squares. Subtracting
 * that public number first keeps squares as small as they can be: with a range of width `w` and `n` tables, `n·(w/2)² < t/2`
 * is what must hold.
 *
 * @throws BFV_MISMATCH, BFV_OVERFLOW, BFV_NOISE_EXHAUSTED (always in the compact profile) before anything is computed;
 *   BFV_BYTES_INVALID; INPUT_INVALID no table, a table that is a product or a score
 */
export async function momentsOf(tables: readonly NumericTable[]): Promise<EncryptedMoments> {
  const { description } = requireAlike(tables);
  const { profile, keyId } = description;
  const bfv = await bfvContext(profile);
  const { seal, context, degree } = bfv;
  if (description.columns.some(({ shared }) => shared)) throw notPlain();
  const count = tables.length;
  const ranges = description.columns.map((_, i) => jointRange(tables, i));
  const centres = ranges.map(({ min, max }) => Math.floor((min + max) / 2));
  const deviationColumns = description.columns.map((column, i): NumericColumn => {
    const { min, max } = ranges[i] ?? column;
    const centre = centres[i] ?? 0;
    const range = { min: count * (min - centre), max: count * (max - centre) };
    requireRange(bfv, { name: column.name, ...range });
    return { ...column, ...range };
  });
  const squareColumns = description.columns.map((column, i): NumericColumn => {
    const { min, max } = ranges[i] ?? column;
    const centre = centres[i] ?? 0;
    const range = { min: 0, max: count * Math.max((min - centre) ** 2, (max - centre) ** 2) };
    requireRange(bfv, { name: `${column.name}, squared`, ...range });
    return { ...column, unit: `(${column.unit})2`, scale: 2 * column.scale, ...range };
  });
  const centred = tables.map((table) => budgetOfSum([table.description.noiseBudget, freshBudget(bfv)]));
  const deviationBudget = budgetOfSum(centred);
  const squareBudget = budgetOfSum(centred.map((budget) => budgetOfSquare(bfv, budget)));
  requireBudget(squareBudget, "variance");

  using stack = new DisposableStack();
  const evaluator = stack.use(new seal.Evaluator(context));
  const shifts = Array.from({ length: Math.ceil(slotsOf(description.columns) / degree) }, (_, part) => {
    const slots = new BigInt64Array(degree);
    for (const [i, { slot, count: rows }] of description.columns.entries()) {
      const [from, to] = [slot - part * degree, slot + rows - part * degree];
      if (to > 0 && from < degree) slots.fill(BigInt(centres[i] ?? 0), Math.max(from, 0), Math.min(to, degree));
    }
    return stack.use(encodeSlots(bfv, slots));
  });
  const sums: Ciphertext[] = [];
  const squares: Ciphertext[] = [];
  for (const table of tables) {
    const file = readTable(bfv, table);
    if (file.form === "product") throw notPlain();
    for (const [part, shift] of shifts.entries()) {
      callSeal("INPUT_INVALID", "SEAL cannot compute these moments", () => {
        using term = loadPart(bfv, file, part);
        if (!shift.isZero()) evaluator.subPlainInplace(term, shift);
        using square = new seal.Ciphertext();
        evaluator.square(term, square);
        const [sum, squareSum] = [sums[part], squares[part]];
        if (sum === undefined || squareSum === undefined) {
          sums.push(stack.use(term.copy()));
          squares.push(stack.use(square.copy()));
        } else {
          evaluator.addInplace(sum, term);
          evaluator.addInplace(squareSum, square);
        }
      });
    }
  }
  const save = (ciphertext: Ciphertext): Uint8Array => savePart(bfv, ciphertext);
  return {
    tables: count,
    centres,
    deviations: tableOf(
      { profile, keyId, columns: deviationColumns, noiseBudget: deviationBudget },
      "full",
      sums.map(save),
    ),
    squares: tableOf(
      { profile, keyId, columns: squareColumns, noiseBudget: squareBudget },
      "product",
      squares.map(save),
    ),
  };
}

/** A column's moments, over all its rows in all tables. */
export interface ColumnMoments {
  readonly name: string;
  readonly unit: string;
  /** How many values. */
  readonly count: number;
  /** Exact decimal text. */
  readonly sum: string;
  /** The exact quotient, rounded to a double: a relative error below 2^-51. */
  readonly mean: number;
  /** Of the population (divided by `count`), rounded likewise. */
  readonly variance: number;
}

/**
 * Decrypts moments.
 * @throws as `decryptTable`
 */
export async function decryptMoments(secretKey: Uint8Array, moments: EncryptedMoments): Promise<ColumnMoments[]> {
  const deviations = await decryptTable(secretKey, moments.deviations);
  const squares = await decryptTable(secretKey, moments.squares);
  return deviations.map(({ name, unit, scale, integers }, i) => {
    const total = (values: readonly bigint[] = []): bigint => values.reduce((a, b) => a + b, 0n);
    const count = BigInt(moments.tables * integers.length);
    const centre = BigInt(moments.centres[i] ?? 0);
    const [s1, s2] = [total(integers), total(squares[i]?.integers)];
    const sum = count * centre + s1;
    const one = 10n ** BigInt(scale);
    return {
      name,
      unit,
      count: Number(count),
      sum: fromFixedPoint({ integer: sum, scale }),
      mean: Number(sum) / Number(count * one),
      variance: Number(count * s2 - s1 * s1) / Number(count * count * one * one),
    };
  });
}
