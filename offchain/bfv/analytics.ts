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
import { equalBytes } from "@noble/curves/utils.js";
import { randomBytes } from "@noble/hashes/utils.js";
import type { Ciphertext, Plaintext } from "node-seal";
import type { CiphertextFile } from "./ciphertext-file.ts";
import { packPair } from "./coefficients.ts";
import { type BfvContext, bfvContext } from "./context.ts";
import { loadCiphertext } from "./decrypt.ts";
import { fromFixedPoint } from "./fixed-point.ts";
import { budgetOfPlainProduct, budgetOfSquare, budgetOfSum, freshBudget, requireBudget } from "./noise.ts";
import { decryptTable, type NumericColumn, type NumericTable, readTable, slotsOf, tableOf } from "./numeric-table.ts";
import { callSeal } from "./seal.ts";
import { readRlwePair } from "./seal-format.ts";

/** Finer results than this are not sought: a double has no more digits. */
const MAX_SCORE_SCALE = 15;

function polynomialsOf(form: CiphertextFile["form"]): number {
  return form === "product" ? 3 : 2;
}

function loadPart(bfv: BfvContext, file: CiphertextFile, part: number): Ciphertext {
  const { numeric, form } = file;
  // `readTable` has checked that the part is there.
  const packed = numeric[part] ?? new Uint8Array(0);
  return loadCiphertext(bfv, packed, bfv.dataLevel, form === "seeded", polynomialsOf(form));
}

function savePart(bfv: BfvContext, ciphertext: Ciphertext): Uint8Array {
  const { seal, dataLevel, degree } = bfv;
  const saved = ciphertext.saveToArray(seal.ComprModeType.none) as Uint8Array; // embind types it `any`
  return packPair(readRlwePair(saved, dataLevel, degree, false, ciphertext.size()), dataLevel, degree);
}

function mismatch(what: string): MedexError {
  return new MedexError("BFV_MISMATCH", `the numeric tables differ in ${what}: encrypt them alike`);
}

/** The first table, once all are alike. */
function requireAlike(tables: readonly NumericTable[]): NumericTable {
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

function requireRange(bfv: BfvContext, { name, min, max }: { name: string; min: number; max: number }): void {
  const limit = Number((bfv.plainModulus - 1n) / 2n);
  if (min >= -limit && max <= limit) return;
  throw new MedexError(
    "BFV_OVERFLOW",
    `${name}: the result may be as large as ${Math.max(-min, max)}, and a slot holds ±${limit}; use a narrower range, a smaller scale, fewer tables or the compute profile`,
  );
}

/** A column's range over several tables. */
function jointRange(tables: readonly NumericTable[], i: number): { min: number; max: number } {
  const columns = tables.map(({ description }) => description.columns[i]);
  return {
    min: Math.min(...columns.map((column) => column?.min ?? Number.NaN)),
    max: Math.max(...columns.map((column) => column?.max ?? Number.NaN)),
  };
}

/** Encodes slot values from `first` on, mod `t`. The caller frees the plaintext. */
function encodeSlots(bfv: BfvContext, values: ReadonlyMap<number, bigint> | BigInt64Array): Plaintext {
  const { seal, context, degree } = bfv;
  const slots = values instanceof BigInt64Array ? values : new BigInt64Array(degree);
  if (!(values instanceof BigInt64Array)) for (const [slot, value] of values) slots[slot] = value;
  using encoder = new seal.BatchEncoder(context);
  const plaintext = new seal.Plaintext();
  try {
    encoder.encode(slots, plaintext);
    return plaintext;
  } catch (error) {
    plaintext.delete();
    throw error;
  }
}

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

function notPlain(): MedexError {
  return new MedexError(
    "INPUT_INVALID",
    "moments are taken of encrypted values or their sums, not of products or scores",
  );
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

export interface ScoreOptions {
  /** By column name: the weight of a value in the column's own unit. Columns that are not named weigh nothing. */
  readonly weights: Readonly<Record<string, number>>;
  /** Added to the score. */
  readonly bias?: number;
  /** The score's decimal digits; by default as many as surely fit a slot. */
  readonly scale?: number;
}

export interface EncryptedScore {
  /** One column, `score`, without unit. */
  readonly table: NumericTable;
  /** The most by which the score can differ from the exact one: what rounding the weights to the scale does. */
  readonly error: number;
}

interface ScaledWeights {
  readonly scale: number;
  readonly weights: ReadonlyMap<NumericColumn, number>;
  readonly bias: number;
  readonly min: number;
  readonly max: number;
  readonly error: number;
}

function scaleWeights(columns: ReadonlyMap<NumericColumn, number>, bias: number, scale: number): ScaledWeights {
  const weights = new Map<NumericColumn, number>();
  const scaledBias = Math.round(bias * 10 ** scale);
  let [min, max, error] = [scaledBias, scaledBias, 0.5 / 10 ** scale];
  for (const [column, weight] of columns) {
    const scaled = Math.round(weight * 10 ** (scale - column.scale));
    weights.set(column, scaled);
    const ends = [scaled * column.min, scaled * column.max];
    min += Math.min(...ends);
    max += Math.max(...ends);
    error += (0.5 * Math.max(Math.abs(column.min), Math.abs(column.max))) / 10 ** scale;
  }
  return { scale, weights, bias: scaledBias, min, max, error };
}

/** Uniform numbers below `t` whose sum is 0 modulo `t`. */
function zeroShares(t: bigint, count: number): BigInt64Array {
  const shares = new BigInt64Array(count);
  const modulus = Number(t); // below 2^31
  const limit = 2 ** 32 - (2 ** 32 % modulus);
  let sum = 0;
  for (let filled = 0; filled < count - 1; ) {
    for (const word of new Uint32Array(randomBytes(4096).buffer)) {
      if (word >= limit || filled === count - 1) continue;
      sum = (sum + (word % modulus)) % modulus;
      shares[filled++] = BigInt(word % modulus);
    }
  }
  shares[count - 1] = BigInt((modulus - sum) % modulus);
  return shares;
}

/** A residue as the encoder wants it: in `(-t/2, t/2)`. */
function centred(t: bigint, value: bigint): bigint {
  const residue = ((value % t) + t) % t;
  return residue > t / 2n ? residue - t : residue;
}

/**
 * A linear score of one table: `bias + Σ weight · value`. Weights are plaintext, values encrypted. Products are taken slot by
 * slot; random numbers whose sum is 0 hide them from the key's owner, who learns their sum alone.
 *
 * @throws FEATURE_MISSING names a weight that has no column
 * @throws BFV_OVERFLOW, BFV_NOISE_EXHAUSTED (always in the compact profile) before anything is computed
 * @throws INPUT_INVALID a column with several rows, weights that are not finite or all round to 0; BFV_BYTES_INVALID
 */
export async function linearScore(table: NumericTable, options: ScoreOptions): Promise<EncryptedScore> {
  const { profile, keyId, columns, noiseBudget } = table.description;
  const bfv = await bfvContext(profile);
  const { seal, context, degree, plainModulus } = bfv;
  const scaled = chooseScale(bfv, columnsOf(columns, options), options);
  requireRange(bfv, { name: "score", min: scaled.min, max: scaled.max });
  if (![...scaled.weights.values()].some((weight) => weight !== 0)) {
    throw new MedexError("INPUT_INVALID", "all weights are 0 at the score's scale: use a larger scale or profile");
  }
  const parts = Math.ceil(slotsOf(columns) / degree);
  const product = budgetOfPlainProduct(bfv, noiseBudget);
  const budget = budgetOfSum([...new Array<number>(parts).fill(product), freshBudget(bfv)]);
  requireBudget(budget, "score");

  const file = readTable(bfv, table);
  if (file.form === "product") throw notPlain();
  return callSeal("INPUT_INVALID", "SEAL cannot compute this score", () => {
    using stack = new DisposableStack();
    const evaluator = stack.use(new seal.Evaluator(context));
    let sum: Ciphertext | undefined;
    for (let part = 0; part < parts; part++) {
      const slots = new Map<number, bigint>();
      for (const [{ slot }, weight] of scaled.weights) {
        if (Math.floor(slot / degree) === part && weight !== 0) {
          slots.set(slot % degree, centred(plainModulus, BigInt(weight)));
        }
      }
      if (slots.size === 0) continue; // SEAL refuses to multiply by zero
      const weights = stack.use(encodeSlots(bfv, slots));
      const term = stack.use(loadPart(bfv, file, part));
      evaluator.multiplyPlainInplace(term, weights);
      if (sum === undefined) sum = term;
      else evaluator.addInplace(sum, term);
    }
    if (sum === undefined) throw new MedexError("INPUT_INVALID", "the table has no column to weigh");
    const shares = zeroShares(plainModulus, degree);
    shares[0] = (shares[0] ?? 0n) + BigInt(scaled.bias);
    const mask = stack.use(
      encodeSlots(
        bfv,
        shares.map((share) => centred(plainModulus, share)),
      ),
    );
    evaluator.addPlainInplace(sum, mask);
    const column: NumericColumn = {
      name: "score",
      unit: "1",
      scale: scaled.scale,
      min: scaled.min,
      max: scaled.max,
      slot: 0,
      count: degree,
      shared: true,
    };
    const result = tableOf({ profile, keyId, columns: [column], noiseBudget: budget }, "full", [savePart(bfv, sum)]);
    return { table: result, error: scaled.error };
  });
}

function columnsOf(columns: readonly NumericColumn[], { weights, bias = 0 }: ScoreOptions): Map<NumericColumn, number> {
  if (!Number.isFinite(bias)) throw new MedexError("INPUT_INVALID", "the score's bias is not a finite number");
  return new Map(
    Object.entries(weights).map(([name, weight]) => {
      const column = columns.find((candidate) => candidate.name === name);
      if (column === undefined) {
        throw new MedexError("FEATURE_MISSING", `the table has no column ${name}: leave its weight out`);
      }
      if (column.count !== 1 || column.shared || !Number.isFinite(weight)) {
        throw new MedexError("INPUT_INVALID", `column ${name}: a score takes one row and a finite weight`);
      }
      return [column, weight];
    }),
  );
}

function chooseScale(
  bfv: BfvContext,
  columns: ReadonlyMap<NumericColumn, number>,
  { bias = 0, scale }: ScoreOptions,
): ScaledWeights {
  if (scale !== undefined) {
    if (!Number.isInteger(scale) || scale < 0 || scale > MAX_SCORE_SCALE) {
      throw new MedexError("INPUT_INVALID", `a score's scale is 0 to ${MAX_SCORE_SCALE}, not ${scale}`);
    }
    return scaleWeights(columns, bias, scale);
  }
  const limit = Number((bfv.plainModulus - 1n) / 2n);
  for (let finest = MAX_SCORE_SCALE; finest > 0; finest--) {
    const scaled = scaleWeights(columns, bias, finest);
    if (scaled.min >= -limit && scaled.max <= limit) return scaled;
  }
  return scaleWeights(columns, bias, 0);
}
