/** From released sums to the statistic that was asked for. What is added here is arithmetic in floating point: a result is as exact as its noise. */

import { pairsOf } from "./layout.ts";
import { columnOf, type Question, SCORE_SCALE } from "./question.ts";

/** A number of the result, by its name: `mean`, `age [18,40)`, `slope bmi`. */
export interface Figure {
  readonly name: string;
  readonly value: number;
}

/** Sums of values and of products, from those of what is above each range's beginning. */
interface Moments {
  /** `Σ x`. */
  first(name: string): number;
  /** `Σ x·y`. */
  second(a: string, b: string): number;
}

/** All sums in the columns' units: `Σ x = Σ u + N·min`, and so on for products. */
function momentsOf(question: Question, names: readonly string[], sums: readonly number[], count: number): Moments {
  const unit = (name: string) => 10 ** -columnOf(question, name).scale;
  const start = (name: string) => Number(columnOf(question, name).min);
  const above = new Map(names.map((name, i) => [name, (sums[i] ?? 0) * unit(name)] as const));
  const products = new Map(
    pairsOf(names).map(([a, b], i) => [`${a} ${b}`, (sums[names.length + i] ?? 0) * unit(a) * unit(b)] as const),
  );
  const sumAbove = (name: string) => above.get(name) ?? 0;
  return {
    first: (name) => sumAbove(name) + count * start(name),
    second(a, b) {
      const product = products.get(`${a} ${b}`) ?? products.get(`${b} ${a}`) ?? 0;
      return product + start(a) * sumAbove(b) + start(b) * sumAbove(a) + count * start(a) * start(b);
    },
  };
}

/** Solves `A·x = b` by elimination with the largest pivot; infinite where there is no one solution. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  const size = rows.length;
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(at(row, column)) > Math.abs(at(pivot, column))) pivot = row;
    }
    if (at(pivot, column) === 0) return Array.from({ length: size }, () => Number.POSITIVE_INFINITY);
    [rows[column], rows[pivot]] = [rows[pivot] ?? [], rows[column] ?? []];
    for (let row = 0; row < size; row++) {
      if (row === column) continue;
      const factor = at(row, column) / at(column, column);
      rows[row] = (rows[row] ?? []).map((each, i) => each - factor * at(column, i));
    }
  }
  return rows.map((_, i) => at(i, size) / at(i, i));
}

function regression(names: readonly string[], { first, second }: Moments, count: number): Figure[] {
  const outcome = names.at(-1) ?? "";
  const predictors = names.slice(0, -1);
  const matrix = [
    [count, ...predictors.map(first)],
    ...predictors.map((a) => [first(a), ...predictors.map((b) => second(a, b))]),
  ];
  const coefficients = solve(matrix, [first(outcome), ...predictors.map((name) => second(name, outcome))]);
  return coefficients.map((value, i) => ({ name: i === 0 ? "intercept" : `slope ${predictors[i - 1]}`, value }));
}

/**
 * The figures of a statistic.
 * @param slots the sums' names, in the layout's order
 * @param sums of all patients, with noise or without
 * @param count how many patients; of those who match a filter, the released count
 */
export function figuresOf(
  question: Question,
  slots: readonly string[],
  sums: readonly number[],
  count: number,
): Figure[] {
  const { statistic } = question;
  const moments = (names: readonly string[]) => momentsOf(question, names, sums, count);
  switch (statistic.kind) {
    case "sum":
      return [{ name: "sum", value: moments([statistic.column]).first(statistic.column) }];
    case "mean":
      return [{ name: "mean", value: moments([statistic.column]).first(statistic.column) / count }];
    case "variance": {
      const { first, second } = moments([statistic.column]);
      const [x, xx] = [first(statistic.column), second(statistic.column, statistic.column)];
      return [
        { name: "mean", value: x / count },
        { name: "variance", value: (xx - (x * x) / count) / (count - 1) },
      ];
    }
    case "correlation": {
      const { x: a, y: b } = statistic;
      const { first, second } = moments([a, b]);
      const co = (p: string, q: string) => second(p, q) - (first(p) * first(q)) / count;
      return [{ name: "correlation", value: co(a, b) / Math.sqrt(co(a, a) * co(b, b)) }];
    }
    case "regression": {
      const names = [...statistic.predictors, statistic.outcome];
      return regression(names, moments(names), count);
    }
    case "score":
      return [{ name: "mean score", value: (sums[0] ?? 0) / count / 10 ** SCORE_SCALE }];
    case "count":
    case "histogram":
    case "contingency":
      return slots.map((name, i) => ({ name, value: sums[i] ?? 0 }));
  }
}
