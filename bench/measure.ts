/** One case, timed: milliseconds over all rounds. */
export interface Measurement {
  readonly name: string;
  readonly rounds: number;
  readonly median: number;
  /** Half of all rounds lie between these two. */
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
}

export type Case = () => unknown;

/**
 * Times cases in turn, one call of each a round, so that a machine whose speed drifts slows all of them alike. Every case runs once
 * before anything is counted. Compare medians within one call only.
 */
export async function measure(cases: Readonly<Record<string, Case>>, rounds: number): Promise<Measurement[]> {
  const entries = Object.entries(cases);
  const times = new Map<string, number[]>(entries.map(([name]) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, run] of entries) {
      const started = performance.now();
      await run();
      if (round > 0) times.get(name)?.push(performance.now() - started);
    }
  }
  return [...times].map(([name, samples]) => summarise(name, samples));
}

function summarise(name: string, samples: number[]): Measurement {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { name, rounds: samples.length, median: at(0.5), lowerQuartile: at(0.25), upperQuartile: at(0.75) };
}
