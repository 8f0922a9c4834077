/** One patient's values as slots. Range and filter are checked here: a ciphertext does not show what its values are. */

import { toFixedPoint } from "@medexchain/bfv";
import { MedexError } from "@medexchain/core";
import { layoutOf, pairsOf, slotCount } from "./layout.ts";
import {
  type Bins,
  type Condition,
  columnOf,
  columnsOf,
  filterColumnsOf,
  type Question,
  SCORE_SCALE,
  scaled,
} from "./question.ts";

/** A patient's values by their columns: decimal text in the column's unit, or one of its codes. */
export type Values = Readonly<Record<string, string>>;

function refuse(name: string, why: string): MedexError {
  // The value itself stays out of the message.
  return new MedexError("FEATURE_OUT_OF_RANGE", `the value of ${name} ${why}: it is not what the study asks for`);
}

function textOf(values: Values, name: string): string {
  const text = Object.hasOwn(values, name) ? values[name] : undefined;
  if (text === undefined)
    throw new MedexError("FEATURE_MISSING", `there is no value of ${name}, which the study asks for`);
  return text;
}

/** The integer of a value, without the range's beginning. */
function integerOf(question: Question, values: Values, name: string): bigint {
  const text = textOf(values, name);
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

function meets(question: Question, values: Values, condition: Condition): boolean {
  const { column: name } = condition;
  if ("oneOf" in condition) {
    const code = textOf(values, name);
    const column = question.columns.find((each) => each.name === name);
    if (column === undefined || !("codes" in column) || !column.codes.includes(code)) {
      throw refuse(name, "is none of the column's codes");
    }
    return condition.oneOf.includes(code);
  }
  const { scale, min } = columnOf(question, name);
  const value = integerOf(question, values, name) + scaled(min, scale);
  return value >= scaled(condition.from, scale) && value <= scaled(condition.to, scale);
}

/**
 * Whether a patient's values are what the question's filter lets pass; always, where it has none. Each condition is looked at, so that whoever takes
 * part has a value of each.
 * @throws FEATURE_MISSING, FEATURE_OUT_OF_RANGE names the column, and never the value
 */
export function matchesFilter(question: Question, values: Values): boolean {
  const met = question.filter?.conditions.map((condition) => meets(question, values, condition)) ?? [];
  return met.every(Boolean);
}

/**
 * The columns of which a patient needs values: all that the filter is of, and, of those who match it, the statistic's.
 * @throws FEATURE_MISSING, FEATURE_OUT_OF_RANGE a value of the filter's columns
 */
export function neededColumns(question: Question, values: Values): readonly string[] {
  const ofFilter = filterColumnsOf(question);
  return matchesFilter(question, values) ? [...new Set([...ofFilter, ...columnsOf(question.statistic)])] : ofFilter;
}

/**
 * A patient's row, slot by slot as `layoutOf` says. Who does not match the question's filter has zeros, and needs no values of the statistic's columns.
 * @throws FEATURE_MISSING, FEATURE_OUT_OF_RANGE names the column, and never the value
 */
export function rowOf(question: Question, values: Values): bigint[] {
  if (!matchesFilter(question, values)) return Array.from({ length: slotCount(layoutOf(question)) }, () => 0n);
  const row = statisticRowOf(question, values);
  return question.filter === undefined ? row : [1n, ...row];
}

function statisticRowOf(question: Question, values: Values): bigint[] {
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
