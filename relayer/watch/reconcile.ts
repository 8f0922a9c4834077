/**
 * Finds what is open by the chains' state alone: with an emptied database, or after events that were never seen, every open
 * request gets its next job.
 */
import { type Hex32, type RequestState, requestStateOf } from "../../offchain/chain/index.ts";
import { ask, type RelayChain, type RelayChains } from "../chains.ts";
import type { Database } from "../database/database.ts";
import { type JobSubject, jobKey, reopenJobs } from "../database/jobs.ts";
import { raiseFloor, readFloor } from "../database/reconciled.ts";
import { insertRequests, type KnownRequest } from "../database/requests.ts";
import { failureOf } from "../failure.ts";
import type { Observer } from "../observer.ts";
import type { Enqueue } from "../queue/queue.ts";
import { grantOf } from "../rpc/views.ts";

export interface ReconcileContext {
  readonly chains: RelayChains;
  readonly database: Database;
  readonly enqueue: Enqueue;
  readonly observe: Observer;
  /** Delivers jobs that were opened again. */
  rebuild(): Promise<void>;
}

/** Requests that are asked for at once. */
const PAGE = 100;

/** One pass over all chains. A chain that does not answer does not hold up the others. */
export async function reconcile(context: ReconcileContext): Promise<void> {
  for (const [chainId, source] of context.chains) {
    try {
      await reconcileChain(context, chainId, source);
    } catch (error) {
      const { code, message } = failureOf(error);
      context.observe({ type: "failed", where: "reconcile", code, message });
    }
  }
}

async function reconcileChain(context: ReconcileContext, chainId: bigint, source: RelayChain): Promise<void> {
  const { chain, config } = source;
  const { database, enqueue, chains } = context;
  const block = (await ask(chain, () => chain.provider.getBlockNumber())) - config.confirmations;
  if (block < config.fromBlock) return;
  const count = Number(await ask(chain, () => chain.requests.sequence({ blockTag: block })));
  let floor = await readFloor(database, chainId);
  let unbroken = true;
  for (let from = floor + 1; from <= count; from += PAGE) {
    const sequences = Array.from({ length: Math.min(PAGE, count - from + 1) }, (_unused, index) => from + index);
    const page = await Promise.all(sequences.map((sequence) => readRequest(source, sequence, block)));
    const open = page.filter(({ state }) => state === "Pending");
    const next = await Promise.all(open.map((request) => nextJob(chains, request)));
    const jobs = next.flatMap((job) => (job ? [job] : []));
    await database.transaction(async (tx) => {
      await insertRequests(tx, open);
      await enqueue(tx, jobs);
      await reopenJobs(tx, jobs.map(jobKey));
    });
    for (const [index, { state }] of page.entries()) {
      unbroken &&= state !== "Pending";
      if (unbroken) floor = from + index;
    }
    // Only what a reorganisation can no longer open again is passed over from then on.
    await raiseFloor(database, chainId, floor);
  }
  await context.rebuild();
}

type OnChainRequest = KnownRequest & { readonly state: RequestState };

async function readRequest({ chain }: RelayChain, sequence: number, blockTag: number): Promise<OnChainRequest> {
  // ethers types every hex string as `string`; a request id is 32 bytes.
  const requestId = (await ask(chain, () => chain.requests.requestAt(sequence, { blockTag }))) as Hex32;
  const status = await ask(chain, () => chain.requests.status(requestId, { blockTag }));
  return {
    requestId,
    sourceChainId: chain.deployment.chainId,
    destinationChainId: status.destinationChainId,
    expiry: status.expiry,
    state: requestStateOf(status.state),
  };
}

/** What an open request needs next; undefined while it is its owner's turn. */
async function nextJob(chains: RelayChains, request: OnChainRequest): Promise<JobSubject | undefined> {
  const { requestId, sourceChainId, destinationChainId } = request;
  const destination = chains.get(destinationChainId);
  if (!destination) return { kind: "deliver-request", chainId: sourceChainId, requestId }; // which parks it, with the reason
  const { chain } = destination;
  const { state } = await grantOf(chain, requestId);
  switch (requestStateOf(state)) {
    case "None":
      return { kind: "deliver-request", chainId: sourceChainId, requestId };
    case "Pending":
      return undefined;
    case "Authorized":
      return { kind: "re-encrypt", chainId: destinationChainId, requestId };
    default:
      return { kind: "deliver-response", chainId: destinationChainId, requestId };
  }
}
