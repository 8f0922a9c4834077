/** A ledger against the checkpoints that other chains keep of it. */
import {
  type Checkpoint,
  type Hex32,
  type MerkleRange,
  merkleRange,
  type RangeStart,
  toHex32,
} from "@medexchain/chain";
import { finding } from "../finding.ts";
import { ENTRY_WORDS } from "../store/decode.ts";
import { hexWord, logsOfEvent, type StoredLog } from "../store/stored-log.ts";
import type { VerifyContext } from "./context.ts";

/** A checkpoint, and the chain that keeps it. */
export interface KeptCheckpoint extends Checkpoint {
  readonly keptBy: bigint;
}

export interface CheckpointComparison {
  /** Whether there is a checkpoint of the ledger with so many entries. */
  has(count: bigint): boolean;
  /**
   * Takes the entries in their order.
   *
   * @param count of the entries with this one
   * @param head to which they lead
   * @param range of them; undefined where entries are missing
   */
  entry(log: StoredLog, count: bigint, head: Hex32, range: MerkleRange | undefined): void;
  /** Compares what is left, once all entries up to this block were taken. */
  finish(block: number, count: bigint): void;
}

/**
 * @param checkpoints of the ledger, from all other chains
 * @param count of the entries that were compared before
 */
export function checkpointComparison(
  context: VerifyContext,
  chainId: bigint,
  checkpoints: readonly KeptCheckpoint[],
  count = 0n,
): CheckpointComparison {
  const byCount = Map.groupBy(checkpoints, ({ entryCount }) => entryCount);
  /** Of the ledger as it is after the last entry: the next entry's block must come after theirs. */
  let reached: readonly KeptCheckpoint[] = byCount.get(count) ?? [];
  const contradicted = (kept: KeptCheckpoint, message: string, expected: unknown, found: unknown) =>
    context.report(
      finding({
        code: "CHECKPOINT_CONTRADICTED",
        message: `${message} (checkpoint on chain ${kept.keptBy})`,
        where: { chainId, block: Number(kept.blockNumber), entry: kept.entryCount - 1n },
        expected,
        found,
      }),
    );
  return {
    has: (at) => byCount.has(at),
    entry(log, at, head, range) {
      for (const kept of reached) {
        if (BigInt(log.block) > kept.blockNumber) continue;
        const message = "the ledger had more entries at the checkpoint's block";
        const expected = `${kept.entryCount} at block ${kept.blockNumber}`;
        contradicted(kept, message, expected, `entry ${at - 1n} in block ${log.block}`);
      }
      reached = byCount.get(at) ?? [];
      for (const kept of reached) {
        if (kept.head !== head) contradicted(kept, "the ledger has a different head", kept.head, head);
        const root = range && toHex32(range.root());
        if (root && kept.root !== root)
          contradicted(kept, "the ledger's entries have a different root", kept.root, root);
        if (BigInt(log.block) > kept.blockNumber) {
          const message = "the entry came after the checkpoint's block";
          contradicted(kept, message, `by block ${kept.blockNumber}`, `block ${log.block}`);
        }
      }
    },
    finish(block, at) {
      for (const kept of checkpoints) {
        if (kept.entryCount > at && kept.blockNumber <= BigInt(block)) {
          contradicted(kept, "the ledger has fewer entries than it had", kept.entryCount, at);
        }
      }
    },
  };
}

/**
 * Compares checkpoints that came after the entries that they are of were replayed.
 *
 * @param late of the ledger, of more entries than `from` has, and no more than were replayed
 * @param from the range before the first of the entries to read again
 * @param first the index of the first entry that there is a log of
 * @returns the range before the last entry that a checkpoint is of
 */
export function compareLate(
  context: VerifyContext,
  chainId: bigint,
  late: readonly KeptCheckpoint[],
  from: RangeStart,
  first: number,
): RangeStart {
  const comparison = checkpointComparison(context, chainId, late);
  const range = merkleRange(from);
  let lastCompared = from;
  for (const log of logsOfEvent(context.store, chainId, "AccessLogged", from.size - first)) {
    const count = BigInt(range.size + 1);
    if (comparison.has(count)) lastCompared = range.start();
    range.append(log.data.subarray(0, 32 * ENTRY_WORDS));
    comparison.entry(log, count, hexWord(log.data, ENTRY_WORDS), range);
  }
  return lastCompared;
}
