import type { Hex32 } from "@medexchain/chain";
import type { Database } from "../database/database.ts";
import { eventsOf } from "../database/events.ts";
import { jobsOf } from "../database/jobs.ts";
import { transactionsOf } from "../database/transactions.ts";

/** What a relayer saw and did for one request: ids, steps, times and hashes, in JSON types. */
export interface RequestHistory {
  readonly requestId: Hex32;
  readonly events: readonly {
    readonly chainId: string;
    readonly kind: string;
    readonly sequence: number;
    readonly block: number;
    readonly transactionHash: Hex32;
    readonly seenAt: string;
  }[];
  readonly jobs: readonly {
    readonly kind: string;
    readonly chainId: string;
    readonly state: string;
    readonly outcome: string | null;
    readonly attempts: number;
    readonly code: string | null;
    readonly reason: string | null;
    /** Who or what has parked it; null where it is not parked. */
    readonly parkedBy: string | null;
    readonly createdAt: string;
    readonly updatedAt: string;
  }[];
  readonly transactions: readonly {
    readonly chainId: string;
    readonly action: string;
    readonly nonce: number;
    readonly hash: Hex32;
    readonly state: string;
    /** Why nobody looks for it any more, where it was abandoned. */
    readonly reason: string | null;
    readonly block: number | null;
    readonly createdAt: string;
    readonly updatedAt: string;
  }[];
}

/** The history of a request; undefined when nothing is known of it. */
export async function readHistory(database: Database, requestId: Hex32): Promise<RequestHistory | undefined> {
  const [events, jobs, transactions] = await Promise.all([
    eventsOf(database, requestId),
    jobsOf(database, requestId),
    transactionsOf(database, requestId),
  ]);
  if (events.length + jobs.length + transactions.length === 0) return undefined;
  return {
    requestId,
    events: events.map(({ chainId, kind, sequence, block, transactionHash, seenAt }) => ({
      chainId: String(chainId),
      kind,
      sequence,
      block,
      transactionHash,
      seenAt: seenAt.toISOString(),
    })),
    jobs: jobs.map(({ kind, chainId, state, outcome, attempts, code, reason, parkedBy, createdAt, updatedAt }) => ({
      kind,
      chainId: String(chainId),
      state,
      outcome,
      attempts,
      code,
      reason,
      parkedBy,
      createdAt: createdAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
    })),
    transactions: transactions.map(({ chainId, action, nonce, hash, state, reason, block, createdAt, updatedAt }) => ({
      chainId: String(chainId),
      action,
      nonce,
      hash,
      state,
      reason,
      block,
      createdAt: createdAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
    })),
  };
}
