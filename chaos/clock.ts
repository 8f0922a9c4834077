import { setTimeout as sleep } from "node:timers/promises";

/** The time of a plan, ms. It stands still while a relayer starts up: on a slow machine the faults would else be over before it is there. */
export interface PlanClock extends Disposable {
  elapsed(): number;
  /** Resolves when it is so late, or the signal ends the waiting. */
  until(at: number, signal?: AbortSignal): Promise<void>;
}

const TICK_MS = 20;

/** @param runs whether time passes now */
export function startPlanClock(runs: () => boolean): PlanClock {
  let elapsed = -1; // before the first fault
  let last = performance.now();
  const ticking = setInterval(() => {
    const now = performance.now();
    if (runs()) elapsed += now - last;
    last = now;
  }, TICK_MS);
  return {
    elapsed: () => elapsed,
    until: async (at, signal) => {
      while (elapsed < at && !signal?.aborted) await sleep(TICK_MS);
    },
    [Symbol.dispose]: () => clearInterval(ticking),
  };
}
