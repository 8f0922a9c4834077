/** What must hold of numeric tables before anything is computed with them. */

import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import type { BfvContext } from "./context.ts";
import type { NumericTable } from "./numeric-table.ts";

function mismatch(what: string): MedexError {
  return new MedexError("BFV_MISMATCH", `the numeric tables differ in ${what}: encrypt them alike`);
}

/**
 * The first table, once all are alike.
 *
 * @throws BFV_MISMATCH, INPUT_INVALID no table
 */
export function requireAlike(tables: readonly NumericTable[]): NumericTable {
  const [first] = tables;
  if (first === undefined) throw new MedexError("INPUT_INVALID", "no numeric table is given: give at least one");
  for (const { description } of tables) {
    const { profile, keyId, columns } = first.description;
    if (description.profile !== profile) throw mismatch("profile");
    if (!equalBytes(description.keyId, keyId)) throw mismatch("key");
    if (description.columns.length !== columns.length) throw mismatch("number of columns");
    for (const [i, column] of columns.entries()) {
      for (const key of ["name", "unit", "scale", "slot", "count", "shared"] as const) {
        if (description.columns[i]?.[key] !== column[key]) throw mismatch(`the ${key} of column ${column.name}`);
      }
    }
  }
  return first;
}

/** @throws BFV_OVERFLOW a result that may be too large for a slot */
export function requireRange(bfv: BfvContext, { name, min, max }: { name: string; min: number; max: number }): void {
  const limit = Number((bfv.plainModulus - 1n) / 2n);
  if (min >= -limit && max <= limit) return;
  throw new MedexError(
    "BFV_OVERFLOW",
    `${name}: the result may be as large as ${Math.max(-min, max)}, and a slot holds ±${limit}; use a narrower range, a smaller scale, fewer tables or the compute profile`,
  );
}

/** A column's range over several tables. */
export function jointRange(tables: readonly NumericTable[], i: number): { min: number; max: number } {
  const columns = tables.map(({ description }) => description.columns[i]);
  return {
    min: Math.min(...columns.map((column) => column?.min ?? Number.NaN)),
    max: Math.max(...columns.map((column) => column?.max ?? Number.NaN)),
  };
}

/** For a table of products, of which no products are taken. */
export function notPlain(): MedexError {
  return new MedexError(
    "INPUT_INVALID",
    "moments are taken of encrypted values or their sums, not of products or scores",
  );
}
