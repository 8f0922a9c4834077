/** Values over time, as many as can be told apart in a picture: a record may bring any number of them, of any size. */
import type { Observation } from "./fhir.ts";

export interface Point {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly value: number;
}

/** Values of one kind in one unit. */
export interface Series {
  readonly what: string;
  readonly unit: string;
  /** In the order of time; of many, the highest and the lowest of each stretch of time. */
  readonly points: readonly Point[];
  /** How many there are, drawn or not. */
  readonly count: number;
  /** Of the range of reference, as the first of them gives it. */
  readonly low?: number;
  readonly high?: number;
}

/** Stretches of time, each with two points at most. The picture is not many more pixels wide. */
const STRETCHES = 200;
/** Beyond, differences are no numbers any more; nothing that is measured comes near. */
const LARGEST = 1e100;

/** Kinds of which there are two values at least, in the order in which they come. */
export function seriesOf(observations: readonly Observation[]): Series[] {
  const kinds = Map.groupBy(observations, ({ what, unit = "" }) => JSON.stringify([what, unit]));
  return [...kinds.values()].flatMap((kind) => {
    const known = kind.flatMap(({ when, value, low, high }) => {
      const at = Date.parse(when);
      return value === undefined || Math.abs(value) > LARGEST || Number.isNaN(at) ? [] : [{ at, value, low, high }];
    });
    const sorted = known.sort((one, other) => one.at - other.at);
    const [first, second] = sorted;
    if (first === undefined || second === undefined) return [];
    const { what = "", unit = "" } = kind[0] ?? {};
    const points = thinned(sorted.map(({ at, value }) => ({ at, value })));
    return [{ what, unit, points, count: sorted.length, ...rangeOf(first) }];
  });
}

function rangeOf({ low, high }: { low: number | undefined; high: number | undefined }): {
  low?: number;
  high?: number;
} {
  const isRange = low !== undefined && high !== undefined && low <= high;
  return isRange && Math.max(Math.abs(low), Math.abs(high)) <= LARGEST ? { low, high } : {};
}

/** Leaves out what is between the highest and the lowest of its stretch of time. @param points in the order of time */
function thinned(points: readonly Point[]): readonly Point[] {
  const [first, last] = [points[0], points.at(-1)];
  if (points.length <= 2 * STRETCHES || first === undefined || last === undefined) return points;
  const width = (last.at - first.at) / STRETCHES || 1;
  const stretches = Map.groupBy(points, ({ at }) => Math.min(STRETCHES - 1, Math.floor((at - first.at) / width)));
  return [...stretches.values()].flatMap((stretch) => {
    const lowest = stretch.reduce((least, point) => (point.value < least.value ? point : least));
    const highest = stretch.reduce((most, point) => (point.value > most.value ? point : most));
    return [...new Set([lowest, highest])].sort((one, other) => one.at - other.at);
  });
}
