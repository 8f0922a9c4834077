/**
 * How many requests a second the cross-chain system takes with one scheme's ReKeyGen and ReEnc, from runs with another's.
 *
 * A run of N requests at once takes `fixed + N · each`. `each` is the longest of three: the processors' time for a request, as well used as in
 * the runs that were measured; the relayer's one thread for ReEnc; the owners' one thread for ReKeyGen.
 */
import type { UnitTimes } from "./modelled.ts";
import { timeOf } from "./modelled.ts";
import { operationsOf, PAPER_ATTRIBUTES, type Scheme } from "./paper-counts.ts";

/** A run that was measured. */
export interface MeasuredRun {
  readonly requests: number;
  readonly seconds: number;
  /** Processor milliseconds of a request, of all processes together. */
  readonly processor: number;
}

export interface SystemModel {
  /** Milliseconds that a run takes however many requests there are. */
  readonly fixed: number;
  /** Milliseconds of a request, of the scheme that was measured. */
  readonly each: number;
  /** Processor milliseconds of a request without ReKeyGen and ReEnc. */
  readonly rest: number;
  /** Processors that are at work on average: less than there are, by waiting. */
  readonly busy: number;
}

/** Milliseconds of a scheme's two stages that the system does for each request, by the counts and the times of one operation. */
export function stagesOf(scheme: Scheme, units: UnitTimes): { readonly reKeyGen: number; readonly reEnc: number } {
  const { ReKeyGen, ReEnc } = operationsOf(scheme, PAPER_ATTRIBUTES);
  return { reKeyGen: timeOf(ReKeyGen, units), reEnc: timeOf(ReEnc, units) };
}

/**
 * From two runs of one scheme, of which the second had more requests.
 *
 * @throws when the second did not take longer: of such a pair nothing follows
 */
export function systemOf(scheme: Scheme, units: UnitTimes, few: MeasuredRun, many: MeasuredRun): SystemModel {
  const each = (1000 * (many.seconds - few.seconds)) / (many.requests - few.requests);
  if (!(each > 0))
    throw new Error("the run of more requests took no longer than that of fewer: measure on an idle machine");
  const { reKeyGen, reEnc } = stagesOf(scheme, units);
  return {
    fixed: Math.max(0, 1000 * many.seconds - many.requests * each),
    each,
    rest: Math.max(0, many.processor - reKeyGen - reEnc),
    busy: many.processor / each,
  };
}

/** Seconds that so many requests at once take with a scheme. */
export function secondsOf(scheme: Scheme, units: UnitTimes, system: SystemModel, requests: number): number {
  const { reKeyGen, reEnc } = stagesOf(scheme, units);
  const each = Math.max((system.rest + reKeyGen + reEnc) / system.busy, reKeyGen, reEnc);
  return (system.fixed + requests * each) / 1000;
}
