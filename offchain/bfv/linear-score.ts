/** Linear scores of encrypted numbers. What holds of computing without the key is said in `table-sums.ts`. */

import { MedexError } from "@medexchain/core";
import { randomBytes } from "@noble/hashes/utils.js";
import type { Ciphertext } from "node-seal";
import { type BfvContext, bfvContext } from "./context.ts";
import { budgetOfPlainProduct, budgetOfSum, freshBudget, requireBudget } from "./noise.ts";
import { type NumericColumn, type NumericTable, readTable, slotsOf, tableOf } from "./numeric-table.ts";
import { callSeal } from "./seal.ts";
import { notPlain, requireRange } from "./table-checks.ts";
import { encodeSlots, loadPart, savePart } from "./table-parts.ts";

/** Finer results than this are not sought: a double has no more digits. */
const MAX_SCORE_SCALE = 15;

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
