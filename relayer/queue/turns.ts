import { setTimeout as sleep } from "node:timers/promises";

/** How long one may keep the others waiting: what ends a process does so early, and a receipt may take long. */
const TURN_MS = 1_000;

/** Lets whoever comes begin one after another: the next when the one before is done, or has had its time. */
export function takeTurns(turnMs = TURN_MS): <T>(run: () => Promise<T>) => Promise<T> {
  let free: Promise<unknown> = Promise.resolve();
  return async (run) => {
    const before = free;
    const { promise: passed, resolve: pass } = Promise.withResolvers<void>();
    free = passed;
    await before;
    const timer = new AbortController();
    void sleep(turnMs, undefined, { signal: timer.signal }).then(pass, () => undefined);
    try {
      return await run();
    } finally {
      timer.abort();
      pass();
    }
  };
}
