/**
 * Logs of many blocks, range by range. Nodes limit what one `eth_getLogs` may ask for, each by another rule (Besu: 5,000 blocks; others
 * by blocks, by logs or by bytes), and none says its rule beforehand.
 */
import { MedexError, nextTurn } from "@medexchain/core";
import { mayMeanFewer } from "./node-errors.ts";

/** How many blocks the next query asks for: fewer after a refusal, then more again. May be shared by several readings of one node. */
export interface Pace {
  blocks: number;
  /** Never more than this. */
  readonly most: number;
}

/** What public nodes answer. */
const MOST_BLOCKS = 2_000;
const PATIENCE_MS = 120_000;

/** @param first blocks of the first query; as many as there may be unless given */
export const startPace = (most = MOST_BLOCKS, first = most): Pace => ({ blocks: Math.min(first, most), most });

/** A query of so many blocks was refused, or brought too much: half as many. */
export function slowDown(pace: Pace, blocks: number): void {
  pace.blocks = Math.max(1, Math.floor(blocks / 2));
}

/** A query of so many blocks was answered: up to twice as many. */
export function speedUp(pace: Pace, blocks: number): void {
  pace.blocks = Math.min(pace.most, Math.max(pace.blocks, blocks * 2));
}

export interface LogRange<T> {
  /** First and last block, both included. */
  readonly from: number;
  readonly to: number;
  readonly logs: readonly T[];
}

export interface LogRangesOptions<T> {
  /** For errors: "chain 31337". */
  readonly node: string;
  /** First and last block, both included; nothing is asked where they are crossed. */
  readonly from: number;
  readonly to: number;
  /** Asks for the logs of these blocks, ends included. */
  readonly read: (from: number, to: number, signal: AbortSignal) => Promise<readonly T[]>;
  readonly pace?: Pace;
  /** Begins with the latest blocks. */
  readonly latestFirst?: boolean;
  /** Logs of one range above which the next asks for fewer blocks, since a range is held in memory; 10,000 unless given. */
  readonly manyLogs?: number;
  /** Whether an error of `read` may mean that it asked for too much; `mayMeanFewer` unless given. */
  readonly isRefusal?: (error: unknown) => boolean;
  /** For each range with all its attempts; two minutes unless given. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads logs range by range: each block once, in order of blocks. A range that a node refuses is asked for in halves, down to one block.
 * Ends when all is read, when the consumer stops, or by the signal.
 *
 * @throws what `read` throws, where it is no refusal or one of a single block; SERVICE_UNREACHABLE when a range takes longer than
 *   `patienceMs`; the signal's reason
 */
export async function* logRanges<T>(options: LogRangesOptions<T>): AsyncGenerator<LogRange<T>, void> {
  const { pace = startPace(), latestFirst = false, manyLogs = 10_000, signal } = options;
  let { from: low, to: high } = options;
  while (low <= high) {
    signal?.throwIfAborted();
    const { from, to, logs } = await readRange(options, pace, latestFirst ? high : low);
    if (latestFirst) high = from - 1;
    else low = to + 1;
    const blocks = to - from + 1;
    if (logs.length > manyLogs) slowDown(pace, blocks);
    else if (2 * logs.length <= manyLogs) speedUp(pace, blocks);
    yield { from, to, logs };
    await nextTurn(); // many quick answers must not keep the process from all else
  }
}

/** All logs of the ranges in one list, for filters that few logs match. */
export async function allLogs<T>(options: LogRangesOptions<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const { logs } of logRanges(options)) all.push(...logs);
  return all;
}

/** @param at the first block of the range, or its last where the latest come first */
async function readRange<T>(options: LogRangesOptions<T>, pace: Pace, at: number): Promise<LogRange<T>> {
  const { node, read, latestFirst = false, isRefusal = mayMeanFewer, patienceMs = PATIENCE_MS, signal } = options;
  const patience = AbortSignal.timeout(patienceMs);
  const either = signal ? AbortSignal.any([signal, patience]) : patience;
  for (;;) {
    const from = latestFirst ? Math.max(options.from, at - pace.blocks + 1) : at;
    const to = latestFirst ? at : Math.min(options.to, at + pace.blocks - 1);
    try {
      return { from, to, logs: await endsWith(either, read(from, to, either)) };
    } catch (error) {
      signal?.throwIfAborted();
      if (patience.aborted) throw outOfPatience(node, from, to, error);
      if (from === to || !isRefusal(error)) throw error;
      slowDown(pace, to - from + 1);
    }
  }
}

/** A read that does not heed the signal is left behind by it. */
async function endsWith<T>(signal: AbortSignal, reading: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const end = () => reject(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  try {
    return await Promise.race([reading, promise]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}

const outOfPatience = (node: string, from: number, to: number, cause: unknown): MedexError =>
  new MedexError(
    "SERVICE_UNREACHABLE",
    `${node} does not give the logs of blocks ${from} to ${to} in time: use another node`,
    {
      cause,
    },
  );
