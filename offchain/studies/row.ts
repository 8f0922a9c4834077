/** One patient's values as slots. The range is checked here: a ciphertext does not show whether its value is within it. */

import { toFixedPoint } from "@medexchain/bfv";
import { MedexError } from "@medexchain/core";
import { pairsOf } from "./layout.ts";
import { type Bins, columnOf, columnsOf, type Question, SCORE_SCALE, scaled } from "./question.ts";

/** A patient's values by their columns: decimal text, in the column's unit. */
export type Values = Readonly<Record<string, string>>;

function refuse(name: string, why: string): MedexError {
  // The value itself stays out of the message.
  return new MedexError("FEATURE_OUT_OF_RANGE", `the value of ${name} ${why}: it is not what the study asks for`);
}

/** The integer of a value, without the range's beginning. */
function integerOf(question: Question, values: Values, name: string): bigint {
  const text = Object.hasOwn(values, name) ? values[name] : undefined;
  if (text === undefined)
    throw new MedexError("FEATURE_MISSING", `there is no value of ${name}, which the study asks for`);
  if (toFixedPoint(text) === undefined) throw refuse(name, "is no decimal number");
  const { scale, min, max } = columnOf(question, name);
  const [least, most, value] = [scaled(min, scale), scaled(max, scale), scaled(text, scale)];
  if (value < least || value > most) throw refuse(name, `is not from ${min} to ${max}`);
  return value - least;
}

/** The bin of an integer, or an error that says there is none. */
function binOf(question: Question, integers: ReadonlyMap<string, bigint>, { column, edges }: Bins): number | undefined {
  const { scale, min } = columnOf(question, column);
  const value = (integers.get(column) ?? 0n) + scaled(min, scale);
  const rising = edges.map((edge) => scaled(edge, scale));
  const last = rising.length - 1;
  if (value === rising[last]) return last - 1;
  const above = rising.findIndex((edge) => value < edge);
  return above <= 0 ? undefined : above - 1;
}

function hot(length: number, at: number): bigint[] {
  return Array.from({ length }, (_, i) => (i === at ? 1n : 0n));
}

/** `σ(intercept + Σ weight·value)`, of `[0, 10^SCORE_SCALE]`. */
function logistic(question: Question, integers: ReadonlyMap<string, bigint>): bigint {
  const { statistic } = question;
  if (statistic.kind !== "score") throw new RangeError("not a score");
  const exponent = statistic.weights.reduce((sum, { column, weight }) => {
    const { scale, min } = columnOf(question, column);
    const value = Number((integers.get(column) ?? 0n) + scaled(min, scale)) / 10 ** scale;
    return sum + Number(weight) * value;
  }, Number(statistic.intercept));
  return BigInt(Math.round(10 ** SCORE_SCALE / (1 + Math.exp(-exponent))));
}

/**
 * A patient's row, slot by slot as `layoutOf` says.
 * @throws FEATURE_MISSING, FEATURE_OUT_OF_RANGE names the column, and never the value
 */
export function rowOf(question: Question, values: Values): bigint[] {
  const { statistic } = question;
  const integers = new Map(columnsOf(statistic).map((name) => [name, integerOf(question, values, name)] as const));
  const of = (name: string): bigint => integers.get(name) ?? 0n;
  const inBin = (bins: Bins): number => {
    const bin = binOf(question, integers, bins);
    if (bin === undefined) throw refuse(bins.column, "is in none of the bins");
    return bin;
  };
  const withProducts = (names: readonly string[]) => [
    ...names.map(of),
    ...pairsOf(names).map(([a, b]) => of(a) * of(b)),
  ];
  switch (statistic.kind) {
    case "count": {
      const bin = binOf(question, integers, { column: statistic.column, edges: [statistic.from, statistic.to] });
      return [bin === undefined ? 0n : 1n];
    }
    case "sum":
    case "mean":
      return [of(statistic.column)];
    case "variance":
      return withProducts([statistic.column]);
    case "histogram":
      return hot(statistic.bins.edges.length - 1, inBin(statistic.bins));
    case "contingency": {
      const [rows, columns] = [statistic.rows.edges.length - 1, statistic.columns.edges.length - 1];
      return hot(rows * columns, inBin(statistic.rows) * columns + inBin(statistic.columns));
    }
    case "correlation":
      return withProducts([statistic.x, statistic.y]);
    case "regression":
      return withProducts([...statistic.predictors, statistic.outcome]);
    case "score":
      return [logistic(question, integers)];
  }
}
