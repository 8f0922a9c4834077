/** What a process uses, asked from the outside. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
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
/** Linux's unit of processor times in /proc, which user programs always see as this. */
const TICKS_PER_SECOND = 100;

/** Undefined when there is no such process any more. */
export async function usageOf(pid: number): Promise<Usage | undefined> {
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}

/** To start `ps` from a process this large, twice a second, takes a tenth of a processor. */
async function fromProc(pid: number): Promise<Usage | undefined> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "");
  const [stat, status] = await Promise.all([read("stat"), read("status")]);
  // proc(5): after the name in brackets, which may hold anything, come the fields from the third on; utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [utime, stime] = [Number(fields[11]), Number(fields[12])];
  const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  if (Number.isNaN(utime + stime + resident)) return undefined;
  return { at: Date.now(), memory: resident / 1024, processor: (utime + stime) / TICKS_PER_SECOND };
}

/**
 * What a process and its children use together, those that have ended among them; undefined where the system does not tell. Memory is that of
 * the process itself.
 */
export async function usageOfFamily(pid: number): Promise<Usage | undefined> {
  const own = process.platform === "linux" ? await fromProc(pid) : undefined;
  if (!own) return undefined;
  const read = (path: string) => readFile(`/proc/${path}`, "utf8").catch(() => "");
  const children = (await read(`${pid}/task/${pid}/children`)).split(" ").filter(Boolean).map(Number);
  const living = await Promise.all(children.map((child) => fromProc(child)));
  const stat = await read(`${pid}/stat`);
  // cutime and cstime are 16 and 17.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ended = (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
  return { ...own, processor: own.processor + ended + living.reduce((sum, of) => sum + (of?.processor ?? 0), 0) };
}

async function fromPs(pid: number): Promise<Usage | undefined> {
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

/** The sample nearest to a moment, ms since the epoch. */
export function sampleAt(samples: readonly Usage[], at: number): Usage | undefined {
  return samples.reduce<Usage | undefined>(
    (nearest, sample) => (nearest && Math.abs(nearest.at - at) <= Math.abs(sample.at - at) ? nearest : sample),
    undefined,
  );
}
