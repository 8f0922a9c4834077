/** One case, timed: milliseconds over all rounds. */
export interface Measurement {
  readonly name: string;
  readonly rounds: number;
  readonly median: number;
  /** Half of all rounds lie between these two. */
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly mean?: number;
  /** σ, over the rounds as the whole population. */
  readonly deviation?: number;
  /** Median of the processor time that the calling thread took, in ms. Other programs on the machine change it little. */
  readonly cpu?: number;
}

/** A case that was timed call by call. */
export type Timed = Required<Measurement>;

export type Case = () => unknown;

/** Milliseconds of one call. */
export interface Sample {
  readonly wall: number;
  readonly cpu: number;
}

/**
 * Times cases in turn, one call of each a round, so that a machine whose speed drifts slows all of them alike. Every case runs once
 * before anything is counted. Compare medians within one call only.
 */
export async function measure(cases: Readonly<Record<string, Case>>, rounds: number): Promise<Timed[]> {
  const entries = Object.entries(cases);
  const times = new Map<string, Sample[]>(entries.map(([name]) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, run] of entries) {
      const sample = await sampleOf(run);
      if (round > 0) times.get(name)?.push(sample);
    }
  }
  return [...times].map(([name, samples]) => summarise(name, samples));
}

/** One call, timed. */
export async function sampleOf(run: Case): Promise<Sample> {
  leaveProcessor();
  const before = process.threadCpuUsage();
  const started = performance.now();
  await run();
  const wall = performance.now() - started;
  leaveProcessor();
  const { user, system } = process.threadCpuUsage(before);
  return { wall, cpu: (user + system) / 1000 };
}

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Linux adds up a thread's processor time when it leaves the processor, and else every 4 ms only: so it sleeps for a moment. */
function leaveProcessor(): void {
  Atomics.wait(cell, 0, 0, 0.01);
}

/** What many samples of one case come to. `per` divides them all: calls, or items, in a sample. */
export function summarise(name: string, samples: readonly Sample[], per = 1): Timed {
  const walls = samples.map(({ wall }) => wall / per).toSorted((a, b) => a - b);
  const mean = walls.reduce((sum, each) => sum + each, 0) / walls.length;
  return {
    name,
    rounds: samples.length,
    median: quantile(walls, 0.5),
    lowerQuartile: quantile(walls, 0.25),
    upperQuartile: quantile(walls, 0.75),
    mean,
    deviation: Math.sqrt(walls.reduce((sum, each) => sum + (each - mean) ** 2, 0) / walls.length),
    cpu: quantile(
      samples.map(({ cpu }) => cpu / per).toSorted((a, b) => a - b),
      0.5,
    ),
  };
}

/** The value below which a share of sorted numbers lies, between the two nearest. NaN of none. */
export function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(position)] ?? Number.NaN, sorted[Math.ceil(position)] ?? Number.NaN];
  return below + (above - below) * (position - Math.floor(position));
}

/** The median over the median: how many times as long `slow` takes as `fast`, by wall time or by processor time. */
export function ratioOf(
  measurements: readonly Timed[],
  slow: string,
  fast: string,
  by: "median" | "cpu" = "median",
): number {
  return figureOf(measurements, slow, by) / figureOf(measurements, fast, by);
}

/** One figure of a case. */
export function figureOf(measurements: readonly Timed[], name: string, by: "median" | "cpu" = "median"): number {
  const found = measurements.find((measurement) => measurement.name === name);
  if (found === undefined) throw new Error(`no case is named "${name}"; the benchmark's names disagree`);
  return found[by];
}
