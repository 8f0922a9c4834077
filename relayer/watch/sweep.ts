import { ask, chainTime } from "@medexchain/chain";
import type { RelayChains } from "../chains/relay-chain.ts";
import type { Database } from "../database/database.ts";
import { jobKey, reopenJobs } from "../database/jobs.ts";
import { overdueRequests } from "../database/requests.ts";
import { failureOf } from "../observe/failure.ts";
import type { JobKind, Observer } from "../observe/observer.ts";
import type { Enqueue } from "../queue/queue.ts";
import type { Waits } from "../turns/turns.ts";

/** What the sweep works with. */
export interface SweepContext {
  readonly chains: RelayChains;
  readonly database: Database;
  readonly enqueue: Enqueue;
  /** How long steps are left to relayers with other databases. */
  readonly waits: Waits;
  readonly observe: Observer;
  /** For how long what a contract has refused is left alone. */
  readonly parkedSeconds: number;
}

/**
 * Looks for requests that are past their time on either chain and have not ended there, and enqueues their end. A chain that does
 * not answer does not hold up the others.
 */
export async function sweepExpired(context: SweepContext): Promise<void> {
  for (const [chainId, { chain }] of context.chains) {
    try {
      const now = await chainTime(chain);
      const window = await ask(chain, () => chain.requests.RESPONSE_WINDOW());
      await enqueueOverdue(context, chainId, "expire-grant", now);
      await enqueueOverdue(context, chainId, "expire-request", now - window);
    } catch (error) {
      const { code, message } = failureOf(error);
      context.observe({ type: "failed", where: "sweep", code, message });
    }
  }
}

async function enqueueOverdue(
  { database, enqueue, waits, parkedSeconds }: SweepContext,
  chainId: bigint,
  kind: Extract<JobKind, "expire-grant" | "expire-request">,
  deadline: bigint,
): Promise<void> {
  const side = kind === "expire-grant" ? "destination" : "source";
  const overdue = await overdueRequests(database, side, chainId, deadline);
  const wait = await waits(overdue.map(({ requestId }) => ({ requestId, sentTo: chainId })));
  const jobs = overdue.map(({ requestId }, index) => ({ kind, chainId, requestId, waitSeconds: wait[index] }));
  await database.transaction(async (tx) => {
    await enqueue(tx, jobs);
    await reopenJobs(tx, jobs.map(jobKey), parkedSeconds);
  });
}
