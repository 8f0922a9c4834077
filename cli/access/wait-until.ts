import { setTimeout as sleep } from "node:timers/promises";

/** Poll interval, in milliseconds. */
const INTERVAL = 250;

/** Looks until it is so, or the time is over. What then is, the caller finds out by going on. */
export async function waitUntil(seconds: number, look: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (performance.now() < deadline && !(await look())) await sleep(INTERVAL);
}
