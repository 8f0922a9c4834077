/**
 * Which slot holds what, for each statistic, and what one patient can change in it.
 *
 * A value `x` of `[min, max]` is encoded as the integer `u = round(x·10^scale) − min·10^scale`, so that no slot is negative and its bound is the
 * width of the range. How many patients took part is public, so neighbours are cohorts in which one patient's values are others: the sensitivity
 * of a slot is its bound, of a one-hot group 2, since one bin loses what another wins.
 *
 * With a filter, how many match is not public: a first slot counts them, and who does not match has zeros everywhere. That is within each slot's bound,
 * so sensitivities are the same; of the count's slot it is 1.
 */

import { type Bins, columnOf, type Question, SCORE_SCALE, scaled } from "./question.ts";

/** Slots that share a part of the privacy budget. */
export interface SlotGroup {
  /** What each slot holds. */
  readonly slots: readonly string[];
  /** The most that one patient has in any slot of the group; the least is 0. */
  readonly max: bigint;
  /** By how much, over all slots of the group, one patient's other values change the sums at most (L1). */
  readonly sensitivity: bigint;
}

export type Layout = readonly SlotGroup[];

const single = (slot: string, max: bigint): SlotGroup => ({ slots: [slot], max, sensitivity: max });
const oneHot = (slots: readonly string[]): SlotGroup => ({ slots, max: 1n, sensitivity: 2n });

/** The width of a column's range in its integers. */
export function widthOf(question: Question, name: string): bigint {
  const { scale, min, max } = columnOf(question, name);
  return scaled(max, scale) - scaled(min, scale);
}

/** What bins are called: `[18.5,25)`; the last has its upper edge. */
function binNames({ column, edges }: Bins): string[] {
  return edges.slice(1).map((edge, i) => `${column} [${edges[i]},${edge}${i === edges.length - 2 ? "]" : ")"}`);
}

/** The pairs of a regression's normal equations, the outcome last. */
export function pairsOf(names: readonly string[]): (readonly [string, string])[] {
  return names.flatMap((a, i) => names.slice(i).map((b) => [a, b] as const));
}

/** What the slot is called that counts who matches the filter. */
export const MATCHING = "matching patients";

/** The slots of a question, in order: of its filter, if it has one, and of its statistic. */
export function layoutOf(question: Question): Layout {
  const groups = statisticLayoutOf(question);
  return question.filter === undefined ? groups : [single(MATCHING, 1n), ...groups];
}

function statisticLayoutOf(question: Question): Layout {
  const { statistic } = question;
  const width = (name: string) => widthOf(question, name);
  const first = (name: string) => single(name, width(name));
  const products = (names: readonly string[]) =>
    pairsOf(names).map(([a, b]) => single(`${a}·${b}`, width(a) * width(b)));
  switch (statistic.kind) {
    case "count":
      return [single(binNames({ column: statistic.column, edges: [statistic.from, statistic.to] })[0] ?? "", 1n)];
    case "sum":
    case "mean":
      return [first(statistic.column)];
    case "variance":
      return [first(statistic.column), ...products([statistic.column])];
    case "histogram":
      return [oneHot(binNames(statistic.bins))];
    case "contingency": {
      const columns = binNames(statistic.columns);
      return [oneHot(binNames(statistic.rows).flatMap((row) => columns.map((column) => `${row} × ${column}`)))];
    }
    case "correlation": {
      const names = [statistic.x, statistic.y];
      return [...names.map(first), ...products(names)];
    }
    case "regression": {
      const names = [...statistic.predictors, statistic.outcome];
      return [...names.map(first), ...products(names)];
    }
    case "score":
      return [single("score", 10n ** BigInt(SCORE_SCALE))];
  }
}

/** How many slots a layout has. */
export const slotCount = (layout: Layout): number => layout.reduce((sum, { slots }) => sum + slots.length, 0);

/** The names of a layout's slots, in order. */
export const slotNames = (layout: Layout): string[] => layout.flatMap(({ slots }) => slots);
