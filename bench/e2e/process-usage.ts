/** What a process uses, asked from the outside. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface Usage {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Resident memory, MiB. */
  readonly memory: number;
  /** Processor seconds so far. */
  readonly processor: number;
}

const run = promisify(execFile);

/** Undefined when there is no such process any more. */
export async function usageOf(pid: number): Promise<Usage | undefined> {
  const answer = await run("ps", ["-o", "rss=,cputimes=", "-p", String(pid)]).catch(() => undefined);
  const [rss, seconds] = answer?.stdout.trim().split(/\s+/).map(Number) ?? [];
  if (rss === undefined || seconds === undefined) return undefined;
  return { at: Date.now(), memory: rss / 1024, processor: seconds };
}

/** Memory at the end over memory in the middle: the means of the last third and of the one before. 1 is flat. */
export function growth(samples: readonly Usage[]): number {
  const third = Math.floor(samples.length / 3);
  const mean = (part: readonly Usage[]) => part.reduce((sum, { memory }) => sum + memory, 0) / part.length;
  return third === 0 ? Number.NaN : mean(samples.slice(-third)) / mean(samples.slice(third, 2 * third));
}
