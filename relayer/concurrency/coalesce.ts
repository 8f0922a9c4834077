/**
 * Makes one bulk operation of calls that come close together.
 *
 * @param perform answers in the order of the items; when it throws, all of its calls do
 * @param delayMs how long the first call waits for others
 */
export function coalesce<I, O>(
  perform: (items: readonly I[]) => Promise<readonly O[]>,
  delayMs: number,
): (item: I) => Promise<O> {
  type Waiting = { item: I; resolve(answer: O): void; reject(reason: unknown): void };
  let waiting: Waiting[] = [];
  const flush = async (): Promise<void> => {
    const calls = waiting;
    waiting = [];
    try {
      const answers = await perform(calls.map(({ item }) => item));
      // One answer per item is what `perform` promises; where it breaks that, undefined is not hidden as one.
      if (answers.length !== calls.length) throw new RangeError("a bulk operation lost an answer");
      for (const [index, answer] of answers.entries()) calls[index]?.resolve(answer);
    } catch (error) {
      for (const { reject } of calls) reject(error);
    }
  };
  return (item) => {
    const { promise, resolve, reject } = Promise.withResolvers<O>();
    waiting.push({ item, resolve, reject });
    if (waiting.length === 1) setTimeout(() => void flush(), delayMs);
    return promise;
  };
}
