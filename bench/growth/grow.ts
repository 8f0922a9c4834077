/** Fills a store step by step, and times at each step what adding to it, reading from it, and a call beside it take. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hex32 } from "@medexchain/chain";
import { quantile } from "../measure.ts";

/** Things of one kind in a store of `count` of them. */
export interface Row {
  readonly count: number;
  /** Milliseconds to add one more, in batches. */
  readonly add: number;
  /** Milliseconds to read one. */
  readonly read: number;
  /** What one takes: bytes on disk, or gas. */
  readonly each: number;
  /** Of the process, MiB. */
  readonly memory: number;
  /** What one call that depends on the store takes, where there is one: milliseconds and gas. */
  readonly probe?: Cost;
}

export interface Cost {
  readonly ms: number;
  readonly gas: number;
}

export interface Subject {
  readonly title: string;
  readonly each: string;
  /** The call that `probe` of the rows times. */
  readonly probe?: string;
  readonly rows: readonly Row[];
}

export const BATCH = 50;
const READS = 15;
const PROBES = 9;

export interface Store {
  /** Adds `BATCH` things. */
  add(): Promise<void>;
  /** Reads one that is there. */
  read(): Promise<void>;
  /** What `count` things take: in all, or of one. */
  size(count: number): Promise<number>;
  /** One call whose cost might depend on how much there is. */
  probe?(): Promise<Cost>;
}

export async function grow(counts: readonly number[], store: Store): Promise<Row[]> {
  const rows: Row[] = [];
  let filled = 0;
  for (const count of counts) {
    const adds: number[] = [];
    while (filled < count) {
      const started = performance.now();
      await store.add();
      adds.push((performance.now() - started) / BATCH);
      filled += BATCH;
    }
    const reads: number[] = [];
    for (let i = 0; i < READS; i += 1) {
      const started = performance.now();
      await store.read();
      reads.push(performance.now() - started);
    }
    const probes: Cost[] = [];
    if (store.probe) while (probes.length < PROBES) probes.push(await store.probe());
    const median = (values: readonly number[]) =>
      quantile(
        values.toSorted((a, b) => a - b),
        0.5,
      );
    rows.push({
      count,
      add: median(adds.slice(-READS)),
      read: median(reads),
      each: await store.size(count),
      memory: process.memoryUsage.rss() / 2 ** 20,
      ...(store.probe
        ? { probe: { ms: median(probes.map(({ ms }) => ms)), gas: median(probes.map(({ gas }) => gas)) } }
        : {}),
    });
  }
  return rows;
}

export const drawHex = (): Hex32 => `0x${randomBytes(32).toString("hex")}`;
export const pick = <Value>(values: readonly Value[]): Value => {
  const value = values[Math.floor(Math.random() * values.length)];
  if (value === undefined) throw new Error("nothing was added");
  return value;
};

export async function temporary(stack: AsyncDisposableStack): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "medexchain-bench-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
