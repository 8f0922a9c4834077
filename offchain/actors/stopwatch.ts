/** Milliseconds of each step of a longer act, by the step's name. */
export interface Stopwatch<Step extends string> {
  readonly timings: Readonly<Partial<Record<Step, number>>>;
  /** Names the time since the last lap. */
  lap(step: Step): void;
}

export function startStopwatch<Step extends string>(): Stopwatch<Step> {
  const timings: Partial<Record<Step, number>> = {};
  let last = performance.now();
  return {
    timings,
    lap(step) {
      const now = performance.now();
      timings[step] = now - last;
      last = now;
    },
  };
}
