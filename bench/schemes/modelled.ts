/** What the paper's counts come to: with its own times and sizes, or with those of this machine and curve. */
import {
  type Attributes,
  type ElementCounts,
  elementsOf,
  OBJECTS,
  operationsOf,
  PAPER_ATTRIBUTES,
  PAPER_STAGES,
  type PaperObject,
  type PaperStage,
  type Scheme,
  UNITS,
  type Unit,
  type UnitCounts,
} from "./paper-counts.ts";

export type UnitTimes = Readonly<Record<Unit, number>>;
export type ElementBytes = Readonly<{ G1: number; GT: number; Zq: number }>;

/** Operations times what one takes, in the unit of `times`. */
export function timeOf(counts: UnitCounts, times: UnitTimes): number {
  return UNITS.reduce((sum, unit) => sum + (counts[unit] ?? 0) * times[unit], 0);
}

/** Elements times what one takes. */
export function bytesOf({ G1 = 0, GT = 0, Zq = 0 }: ElementCounts, bytes: ElementBytes): number {
  return G1 * bytes.G1 + GT * bytes.GT + Zq * bytes.Zq;
}

/** A scheme's time by stage, and their sum. */
export function modelTimes(
  scheme: Scheme,
  times: UnitTimes,
  attributes: Attributes = PAPER_ATTRIBUTES,
): Record<PaperStage | "total", number> {
  const operations = operationsOf(scheme, attributes);
  const entries = PAPER_STAGES.map((stage) => [stage, timeOf(operations[stage], times)] as const);
  return withTotal(entries) as Record<PaperStage | "total", number>; // made of every stage
}

/** A scheme's bytes by object, and their sum. */
export function modelBytes(
  scheme: Scheme,
  bytes: ElementBytes,
  attributes: Attributes = PAPER_ATTRIBUTES,
): Record<PaperObject | "total", number> {
  const elements = elementsOf(scheme, attributes);
  const entries = OBJECTS.map((object) => [object, bytesOf(elements[object], bytes)] as const);
  return withTotal(entries) as Record<PaperObject | "total", number>; // made of every object
}

function withTotal(entries: readonly (readonly [string, number])[]): Record<string, number> {
  return { ...Object.fromEntries(entries), total: entries.reduce((sum, [, each]) => sum + each, 0) };
}
