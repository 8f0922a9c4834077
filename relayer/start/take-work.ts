import { countRelayers } from "../database/leases.ts";
import { type StorageGuard, startStorageGuard } from "../database/storage-guard.ts";
import type { Pipeline } from "./pipeline.ts";

/** The guard that decides whether work is taken. */
export interface TakingWork extends StorageGuard {
  takesWork(): boolean;
}

/** Has the queue's jobs done, as long as what is done can be written down. */
export async function startTakingWork({
  config,
  keys,
  chains,
  queue,
  database,
  attempts,
  observe,
  resolve,
  run,
}: Pipeline): Promise<TakingWork> {
  // Others on the database give back what a run is at that they do not know. Where this cannot be written, the guard will say so.
  await countRelayers(database, { run, account: keys.account.address }).catch(() => undefined);
  await queue.work(attempts);
  for (const chain of chains.values()) resolve(chain);
  const guard = startStorageGuard({
    database,
    where: config.database,
    config: config.storage,
    account: keys.account.address,
    run,
    changed: async (failure) => {
      if (failure) observe({ type: "failed", where: "storage", code: failure.code, message: failure.message });
      else observe({ type: "storage-recovered" });
      await (failure ? queue.pause() : queue.work(attempts));
    },
  });
  return { ...guard, takesWork: () => guard.failure() === undefined };
}
