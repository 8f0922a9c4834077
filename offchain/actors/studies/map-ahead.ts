/**
 * Maps in order, with some calls under way ahead of the result that is taken. A failure is thrown when its turn comes; what is under way then, or when
 * the caller stops early, is waited for.
 * @param limit calls under way at a time
 */
export async function* mapAhead<T, R>(
  items: Iterable<T>,
  limit: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R, void> {
  const waiting = items[Symbol.iterator]();
  const ahead: Promise<R>[] = [];
  const start = (): void => {
    while (ahead.length < limit) {
      const next = waiting.next();
      if (next.done === true) return;
      const result = map(next.value);
      result.catch(() => undefined); // it is thrown when its turn comes
      ahead.push(result);
    }
  };
  try {
    start();
    for (let first = ahead.shift(); first !== undefined; first = ahead.shift()) {
      const result = await first;
      start();
      yield result;
    }
  } finally {
    await Promise.allSettled(ahead);
  }
}
