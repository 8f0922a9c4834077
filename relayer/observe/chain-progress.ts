/** How far each chain is read: not whether its node answers, but whether what it answers takes the cursor along. */
import type { ErrorCode } from "@medexchain/core";
import type { Observer } from "./observer.ts";

/** How a chain stands. Ages are in milliseconds, null before the first time. */
export interface ChainProgress {
  readonly chainId: bigint;
  /** Since its latest block was asked for and told. */
  readonly headAgeMs: number | null;
  /** Since its latest block was another one. */
  readonly headStillMs: number | null;
  /** Since a range of blocks was stored, or there was none left to store. */
  readonly progressAgeMs: number | null;
  /** Last block that counts as final, and the last one that was read; null before the first look. */
  readonly head: number | null;
  readonly cursor: number | null;
  /** Whether the node's latest block is below what was read before: it is behind, or the chain was started anew. */
  readonly belowCursor: boolean;
  /** Code of the latest failure to read it; null where the latest look went well. */
  readonly failure: ErrorCode | null;
}

interface Seen {
  headAt: number | null;
  movedAt: number | null;
  progressAt: number | null;
  head: number | null;
  cursor: number | null;
  belowCursor: boolean;
  failure: ErrorCode | null;
}

/** Follows the watchers. */
export function followChains(chainIds: readonly bigint[]): { observe: Observer; read(): ChainProgress[] } {
  // From the start on: a chain that is never read makes no progress either.
  const startedAt = performance.now();
  const chains = new Map(
    chainIds.map((chainId): [bigint, Seen] => [
      chainId,
      {
        headAt: null,
        movedAt: null,
        progressAt: startedAt,
        head: null,
        cursor: null,
        belowCursor: false,
        failure: null,
      },
    ]),
  );
  const ageOf = (time: number | null): number | null => (time === null ? null : Math.round(performance.now() - time));
  return {
    observe: (event) => {
      if (event.type !== "head" && event.type !== "watched" && event.type !== "watch-failed") return;
      const seen = chains.get(event.chainId);
      if (!seen) return;
      const now = performance.now();
      switch (event.type) {
        case "head":
          seen.headAt = now;
          if (seen.head !== event.block) seen.movedAt = now;
          seen.head = event.block;
          return;
        case "watched":
          seen.cursor = event.cursor;
          seen.belowCursor = event.belowCursor;
          seen.failure = null;
          if (!event.belowCursor) seen.progressAt = now;
          return;
        case "watch-failed":
          seen.failure = event.code;
      }
    },
    read: () =>
      [...chains].map(([chainId, { headAt, movedAt, progressAt, ...rest }]) => ({
        chainId,
        headAgeMs: ageOf(headAt),
        headStillMs: ageOf(movedAt),
        progressAgeMs: ageOf(progressAt),
        ...rest,
      })),
  };
}
