import { intWord, type StoredLog } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";

/**
 * Makes a reader of which items of a batch its contract skipped: anyone may carry a request or a re-encryption twice in one batch, once
 * with a signature that is none. What took effect is the item that was not skipped.
 */
export function skippedItems({ store }: VerifyContext): (log: StoredLog) => ReadonlySet<number> {
  const rows = store.prepare(
    "SELECT topics FROM log WHERE chain = ? AND block = ? AND tx = ? AND event = 'BatchItemSkipped'",
  );
  return ({ chainId, block, transaction }) =>
    new Set(
      rows.all(chainId, block, transaction).map(({ topics }) => Number(intWord(topics as Uint8Array, 1))), // by the schema
    );
}

/** The items of a batch that took effect, by their key: of two with one key the first, as the contract takes it. */
export function takenItems<T>(items: Iterable<readonly [string, T]>, skipped: ReadonlySet<number>): Map<string, T> {
  const taken = new Map<string, T>();
  let index = 0;
  for (const [key, item] of items) {
    if (!skipped.has(index) && !taken.has(key)) taken.set(key, item);
    index += 1;
  }
  return taken;
}
