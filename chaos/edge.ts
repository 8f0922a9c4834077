import type { Edge, Fault, FaultPlan } from "./plan.ts";
import { type Random, randomFrom } from "./random.ts";

/** What comes of one call. */
export interface Blow {
  readonly fault: Fault;
  readonly amount: number;
}

/** Says what comes of each call at one edge of one relayer. */
export interface EdgeFaults {
  /** Undefined: nothing bad. */
  next(): Blow | undefined;
  /** How many calls there were, and how many were hit, by fault. */
  readonly counts: { calls: number; readonly hit: Map<Fault, number> };
}

/** The faults of one edge by the plan. `elapsed` is the time since the start of the plan, ms. */
export function edgeFaults(plan: FaultPlan, edge: Edge, relayer: number, elapsed: () => number): EdgeFaults {
  const windows = plan.windows.filter((window) => window.edge === edge && window.relayer === relayer);
  const random: Random = randomFrom(`medexchain/chaos/${plan.seed}/${edge}/${relayer}`);
  const counts = { calls: 0, hit: new Map<Fault, number>() };
  return {
    counts,
    next: () => {
      counts.calls += 1;
      const now = elapsed();
      const window = windows.find(({ from, to }) => from <= now && now < to);
      if (!window || !random.chance(window.share)) return undefined;
      counts.hit.set(window.fault, (counts.hit.get(window.fault) ?? 0) + 1);
      return { fault: window.fault, amount: window.amount };
    },
  };
}
