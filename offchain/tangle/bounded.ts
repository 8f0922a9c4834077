/** Blocks fetched at a time. */
export const FETCH_CONCURRENCY = 16;

/** Blocks under way at a time. Proof of work is done one at a time; this overlaps it with the network. */
export const ATTACH_CONCURRENCY = 4;

/**
 * Maps in parallel, at most `limit` at a time, keeping order. After the first failure nothing more is started; it is thrown
 * once the calls under way have ended, so that none is left running.
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Map<number, R>();
  const pending = items.entries();
  let failure: { error: unknown } | undefined;
  const work = async (): Promise<void> => {
    // the workers share one iterator: each takes the next item
    for (const [index, item] of pending) {
      try {
        results.set(index, await map(item, index));
      } catch (error) {
        failure ??= { error };
      }
      if (failure) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  if (failure) throw failure.error;
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}
