/** Milliseconds of each step of a longer act, by the step's name. */
export interface Stopwatch<Step extends string> {
  readonly timings: Readonly<Partial<Record<Step, number>>>;
  /** Names the time since the last lap. */
  lap(step: Step): void;
  /** Adds the time that a call takes to the step's, for steps that take turns. What it takes is in no lap. */
  time<T>(step: Step, call: () => T | Promise<T>): Promise<T>;
  /** Adds the time that a source takes to give each of its items. */
  each<T>(step: Step, source: AsyncIterable<T>): AsyncGenerator<T, void, undefined>;
}

export function startStopwatch<Step extends string>(): Stopwatch<Step> {
  const timings: Partial<Record<Step, number>> = {};
  let last = performance.now();
  /** Since the last lap, of what `time` has added. */
  let timed = 0;
  async function time<T>(step: Step, call: () => T | Promise<T>): Promise<T> {
    const started = performance.now();
    const before = timed;
    try {
      return await call();
    } finally {
      // Without what was timed within: a source may have one of its own.
      const own = performance.now() - started - (timed - before);
      timings[step] = (timings[step] ?? 0) + own;
      timed += own;
    }
  }
  return {
    timings,
    lap(step) {
      const now = performance.now();
      timings[step] = (timings[step] ?? 0) + (now - last - timed);
      last = now;
      timed = 0;
    },
    time,
    async *each(step, source) {
      const items = source[Symbol.asyncIterator]();
      try {
        for (let next = await time(step, () => items.next()); !next.done; next = await time(step, () => items.next()))
          yield next.value;
      } finally {
        await items.return?.();
      }
    },
  };
}
