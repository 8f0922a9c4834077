import { ask } from "@medexchain/chain";
import { type Loop, startLoop } from "../concurrency/loop.ts";
import { readCursor } from "../database/cursors.ts";
import { isBacklogFull } from "../database/jobs.ts";
import { failureOf } from "../observe/failure.ts";
import type { WatchContext } from "./context.ts";
import { watchRange } from "./watch-range.ts";

/** How often whoever does not read a chain looks how it stands, so that it is known whether it could. */
const STANDBY_MS = 2_000;
/** For so long reading may fail here before it is left to others, whose nodes may do better. */
const FAILING_MS = 5_000;
/** For so long what this relayer's node has may go unread by another. */
const STALLED_MS = 15_000;

export interface WatcherOptions {
  /** False while what is read could not be written down. */
  takesWork(): boolean;
  /** Leaves the reading to another relayer on the database. */
  leave(): void;
  /** Takes the reading over from another. */
  seize(): Promise<void>;
}

/**
 * Watches a chain until it is stopped: one range of blocks after another, then a look every `pollIntervalMs`. While another relayer on the
 * database reads it, its head is all that is asked for.
 */
export function startWatcher(context: WatchContext, { takesWork, leave, seize }: WatcherOptions): Loop {
  const { config, observe } = context;
  const { chainId } = config.deployment;
  let stoodByAt = Number.NEGATIVE_INFINITY;
  let failingSince: number | undefined;
  const stall = { block: Number.NaN, since: 0 };
  /** A reader whose node is behind this one's, or that hangs, is relieved. */
  const standByReader = async (): Promise<boolean> => {
    const { head, read } = await standBy(context);
    if (read !== stall.block || head <= read) Object.assign(stall, { block: read, since: performance.now() });
    if (performance.now() - stall.since < STALLED_MS) return false;
    stall.since = performance.now();
    if (!(await isBacklogFull(context.database, context.maxPending))) await seize();
    return false;
  };
  return startLoop(
    async () => {
      if (!takesWork()) return false;
      const reads = context.reads === undefined || context.reads() !== undefined;
      if (!reads && performance.now() - stoodByAt < STANDBY_MS) return false;
      if (!reads) stoodByAt = performance.now();
      const isMore = reads ? await watchRange(context) : await standByReader();
      failingSince = undefined;
      return isMore;
    },
    config.pollIntervalMs,
    (error) => {
      const { code, message } = failureOf(error);
      observe({ type: "watch-failed", chainId, code, message });
      failingSince ??= performance.now();
      if (performance.now() - failingSince >= FAILING_MS) leave();
    },
  );
}

/** Looks at a chain that another reads. */
async function standBy({
  chain,
  config,
  database,
  endpoints,
  observe,
}: WatchContext): Promise<{ head: number; read: number }> {
  const { chainId } = config.deployment;
  const latest = await ask(chain, () => chain.provider.getBlockNumber());
  const cursor = await readCursor(database, chainId);
  endpoints?.sawHead(Math.max(latest, cursor?.block ?? 0));
  const head = latest - config.confirmations;
  observe({ type: "head", chainId, block: Math.max(head, 0) });
  const read = cursor?.block ?? config.fromBlock - 1;
  observe({ type: "watched", chainId, cursor: read, belowCursor: latest < Math.max(read, 0) });
  return { head, read };
}
