import { chainOf } from "../chains/relay-chain.ts";
import { readEquivocation } from "../database/equivocations.ts";
import type { Job } from "../database/jobs.ts";
import type { JobOutcome } from "../observe/observer.ts";
import { parseEvidence, reportCall } from "../report/evidence.ts";
import { isAnswerable } from "../report/report.ts";
import type { HandlerContext } from "./context.ts";

/** A report takes some 200,000 gas; where 64 relayers have keys for aggregates, which are written anew without one, up to 5 million. */
const MOST_GAS = 6_000_000n;

/** Shows `Equivocations` what a relayer signed, unless it is no relayer any more: another has reported it, or it was removed. */
export async function reportEquivocation(context: HandlerContext, job: Job): Promise<JobOutcome> {
  const { chainId, requestId } = job;
  const stored = await readEquivocation(context.database, job);
  if (stored === undefined) return "already-done"; // what is done for long leaves the database
  const evidence = parseEvidence(stored);
  const { chain, submitter } = chainOf(context.chains, chainId);
  return submitter.submit({
    requestId,
    action: "reportEquivocation",
    to: chain.deployment.equivocations,
    data: () => reportCall(chain, evidence),
    isDone: async () => !(await isAnswerable(chain, evidence)),
    mostGas: MOST_GAS,
  });
}
