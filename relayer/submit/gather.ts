import type { SubmitConfig } from "../config/schema.ts";
import type { Waiter } from "./flight.ts";

/**
 * The next steps that are to share a transaction.
 *
 * @param queue whoever waits, in the order of their coming
 * @param isUnderWay whether a batch with this key is sent and not mined: while it is, more can join the next one at no loss
 * @param capacity how many items of a batch's action fit into a transaction
 * @returns undefined while it is worth waiting for more
 */
export function nextGroup(
  queue: readonly Waiter[],
  { batchSize, batchDelayMs, batchFillMs }: SubmitConfig,
  isUnderWay: (key: string) => boolean,
  capacity: (action: string) => number,
): Waiter[] | undefined {
  const tried = new Set<string>();
  for (const waiter of queue) {
    const { batch } = waiter.step;
    if (!batch) return [waiter];
    if (tried.has(batch.key)) continue;
    tried.add(batch.key);
    const most = Math.min(batchSize, capacity(batch.action));
    const group = queue.filter((other) => other.step.batch?.key === batch.key).slice(0, most);
    const wait = isUnderWay(batch.key) ? Math.max(batchFillMs, batchDelayMs) : batchDelayMs;
    if (group.length >= most || performance.now() - waiter.since >= wait) return group;
  }
  return undefined;
}
