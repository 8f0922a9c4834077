import type { Hex32 } from "@medexchain/chain";
import { z } from "zod";
import { hex32 } from "../database/columns.ts";
import type { Database } from "../database/database.ts";
import { eventsOf } from "../database/events.ts";
import { jobsOf } from "../database/jobs.ts";
import { transactionsOf } from "../database/transactions.ts";

export const requestHistorySchema = z.object({
  requestId: hex32,
  events: z.array(
    z.object({
      chainId: z.string(),
      kind: z.string(),
      sequence: z.number(),
      block: z.number(),
      transactionHash: hex32,
      seenAt: z.string(),
    }),
  ),
  jobs: z.array(
    z.object({
      kind: z.string(),
      chainId: z.string(),
      state: z.string(),
      outcome: z.string().nullable(),
      attempts: z.number(),
      code: z.string().nullable(),
      reason: z.string().nullable(),
      parkedBy: z.string().nullable().describe("Who or what has parked it; null where it is not parked."),
      createdAt: z.string(),
      updatedAt: z.string(),
    }),
  ),
  transactions: z.array(
    z.object({
      chainId: z.string(),
      action: z.string(),
      nonce: z.number(),
      hash: hex32,
      state: z.string(),
      reason: z.string().nullable().describe("Why nobody looks for it any more, where it was abandoned."),
      block: z.number().nullable(),
      createdAt: z.string(),
      updatedAt: z.string(),
    }),
  ),
});
/** What a relayer saw and did for one request: ids, steps, times and hashes, in JSON types. */
export type RequestHistory = z.infer<typeof requestHistorySchema>;

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
