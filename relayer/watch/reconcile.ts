/**
 * Finds what is open by the chains' state alone: with an emptied database, or after events that were never seen, every open
 * request gets its next job. Each request is looked at from the requester's chain, and from the owner's once it is there, so
 * that one of them which does not answer, or has lost its past, does not keep the request from being found.
 */
import { ask, chainTime, type Hex32, hex32, requestStateOf } from "@medexchain/chain";
import type { RelayChain, RelayChains } from "../chains/relay-chain.ts";
import type { Database } from "../database/database.ts";
import { type JobSubject, jobKey, knownJobs, reopenJobs, requestsAtWork } from "../database/jobs.ts";
import { readFloor, setFloor } from "../database/reconciled.ts";
import { insertRequests, type KnownRequest, type RequestSide } from "../database/requests.ts";
import { failureOf } from "../observe/failure.ts";
import type { Observer } from "../observe/observer.ts";
import type { Enqueue } from "../queue/queue.ts";
import { grantOf, grantsAt, statusesAt, statusOf } from "../rpc/views.ts";
import type { Waits } from "../turns/turns.ts";
import { type JobSender, ownerSender, requesterSenders } from "./senders.ts";

export interface ReconcileContext {
  readonly chains: RelayChains;
  readonly database: Database;
  readonly enqueue: Enqueue;
  /** How long steps are left to relayers with other databases. */
  readonly waits: Waits;
  readonly observe: Observer;
  /** For how long what a contract has refused is left alone. */
  readonly parkedSeconds: number;
  /** Has jobs looked for that were opened again. */
  look(): void;
}

/** Requests that are asked for at once. */
const PAGE = 100;

/** One pass over all chains. A chain that does not answer does not hold up the others. */
export async function reconcile(context: ReconcileContext): Promise<void> {
  for (const [chainId, here] of context.chains) {
    for (const side of ["source", "destination"] as const) {
      try {
        await reconcileSide(context, chainId, here, side);
      } catch (error) {
        const { code, message } = failureOf(error);
        context.observe({ type: "failed", where: "reconcile", code, message });
      }
    }
  }
  context.look();
}

/** A job that a request needs. */
interface Needed {
  readonly subject: JobSubject;
  /** The chain that its step is sent to. */
  readonly sentTo: bigint;
  /** Whose content it works on. To be asked where there is no such job yet: it takes the node some work. */
  sender(): Promise<JobSender>;
}

/** A request that a chain has, and what it needs. */
interface Found {
  /** Undefined for one that is at work. */
  readonly request: KnownRequest | undefined;
  /** Whether it has ended on both chains, as far as this one can tell. */
  readonly ended: boolean;
  /** Undefined while it is its owner's turn, when it has ended, and when it is at work. */
  readonly job: Needed | undefined;
}

/** Of those with a job that goes well nothing is asked: what it does next is what they need. Many wait where many were filed at once. */
const AT_WORK: Found = { request: undefined, ended: false, job: undefined };

async function reconcileSide(
  { chains, database, enqueue, waits, parkedSeconds }: ReconcileContext,
  chainId: bigint,
  here: RelayChain,
  side: RequestSide,
): Promise<void> {
  const { chain, config } = here;
  const block = (await ask(chain, () => chain.provider.getBlockNumber())) - config.confirmations;
  if (block < config.fromBlock) return;
  const count = Number(
    await ask(chain, () =>
      side === "source" ? chain.requests.sequence({ blockTag: block }) : chain.grants.requestCount({ blockTag: block }),
    ),
  );
  // A chain that has fewer requests than were known to have ended is not the one on which they did.
  const known = await readFloor(database, chainId, side);
  let floor = known > count ? 0 : known;
  let unbroken = true;
  for (let from = floor + 1; from <= count; from += PAGE) {
    const length = Math.min(PAGE, count - from + 1);
    const page = await (side === "source"
      ? foundAtRequester(chains, database, here, { from, length, block })
      : foundAtOwner(chains, database, here, { from, length, block }));
    const open = page.filter(({ ended }) => !ended);
    const needed = open.flatMap(({ job }) => (job ? [job] : []));
    const jobs = await withExtras(database, waits, needed);
    await database.transaction(async (tx) => {
      await insertRequests(
        tx,
        open.flatMap(({ request }) => request ?? []),
      );
      await enqueue(tx, jobs);
      await reopenJobs(tx, jobs.map(jobKey), parkedSeconds);
    });
    for (const [index, { ended }] of page.entries()) {
      unbroken &&= ended;
      if (unbroken) floor = from + index;
    }
    // Only what a reorganisation can no longer open again is passed over from then on.
    await setFloor(database, chainId, side, floor);
  }
}

/** Jobs with their senders and turns, where they are new: of those that exist it is known. */
async function withExtras(database: Database, waits: Waits, needed: readonly Needed[]): Promise<JobSubject[]> {
  const known = await knownJobs(
    database,
    needed.map(({ subject }) => jobKey(subject)),
  );
  const wait = await waits(needed.map(({ subject: { requestId }, sentTo }) => ({ requestId, sentTo })));
  return Promise.all(
    needed.map(async ({ subject, sender }, index) => {
      if (known.has(jobKey(subject))) return subject;
      const waitSeconds = wait[index];
      return { ...subject, ...(await sender()), ...(waitSeconds && { waitSeconds }) };
    }),
  );
}

/** Requests from the `from`-th on, from one, as they stood at a block. */
interface PageOf {
  readonly from: number;
  readonly length: number;
  readonly block: number;
}

/** Requests by the requester's chain. */
async function foundAtRequester(
  chains: RelayChains,
  database: Database,
  here: RelayChain,
  { from, length, block }: PageOf,
): Promise<Found[]> {
  const { chain } = here;
  const { chainId } = chain.deployment;
  const { requestIds, page } = await statusesAt(chain, from - 1, length, block);
  const atWork = await requestsAtWork(database, requestIds);
  const requesterSender = requesterSenders(chain);
  return Promise.all(
    page.map(async ({ account, state, destinationChainId, expiry, requestedAt }, index): Promise<Found> => {
      const requestId = hex32(requestIds[index] ?? "");
      if (atWork.has(requestId)) return AT_WORK;
      const request = { requestId, sourceChainId: chainId, destinationChainId, expiry };
      const ended = requestStateOf(state) !== "Pending";
      const requester = () => requesterSender({ requestId, account, block: Number(requestedAt) });
      return { request, ended, job: ended ? undefined : await nextJob(chains, request, requester) };
    }),
  );
}

/** Requests by the owner's chain, which has those that were delivered to it. */
async function foundAtOwner(
  chains: RelayChains,
  database: Database,
  { chain }: RelayChain,
  { from, length, block }: PageOf,
): Promise<Found[]> {
  const { chainId } = chain.deployment;
  const { requestIds, page } = await grantsAt(chain, from - 1, length, block);
  const atWork = await requestsAtWork(database, requestIds);
  const now = await chainTime(chain);
  return Promise.all(
    page.map(async ({ recordId, state, sourceChainId, expiry }, index): Promise<Found> => {
      const requestId = hex32(requestIds[index] ?? "");
      if (atWork.has(requestId)) return AT_WORK;
      const request = { requestId, sourceChainId, destinationChainId: chainId, expiry };
      switch (requestStateOf(state)) {
        case "Pending":
          return { request, ended: false, job: undefined };
        case "Authorized":
          return { request, ended: false, job: reEncryption(chain, request, hex32(recordId)) };
        default: {
          const source = chains.get(sourceChainId);
          if (!source) return { request, ended: true, job: undefined }; // its events park it, with the reason
          const there = await statusOf(source.chain, requestId);
          const answered = requestStateOf(there.state);
          // What was never filed there has nobody to answer to, and from its expiry on never will.
          if (answered === "None") return { request, ended: now >= expiry, job: undefined };
          const ended = answered !== "Pending";
          return { request, ended, job: ended ? undefined : response(request) };
        }
      }
    }),
  );
}

/**
 * What an open request needs next; undefined while it is its owner's turn.
 *
 * @param requester says who filed it
 */
async function nextJob(
  chains: RelayChains,
  request: KnownRequest,
  requester: Needed["sender"],
): Promise<Needed | undefined> {
  const { requestId, sourceChainId, destinationChainId } = request;
  const destination = chains.get(destinationChainId);
  const deliver = {
    subject: { kind: "deliver-request", chainId: sourceChainId, requestId },
    sentTo: destinationChainId,
    sender: requester,
  } as const;
  if (!destination) return deliver; // which parks it, with the reason
  const { chain } = destination;
  const { recordId, state } = await grantOf(chain, requestId);
  switch (requestStateOf(state)) {
    case "None":
      return deliver;
    case "Pending":
      return undefined;
    case "Authorized":
      return reEncryption(chain, request, hex32(recordId));
    default:
      return response(request);
  }
}

const reEncryption = (
  chain: RelayChain["chain"],
  { requestId, destinationChainId }: KnownRequest,
  recordId: Hex32,
): Needed => ({
  subject: { kind: "re-encrypt", chainId: destinationChainId, requestId },
  sentTo: destinationChainId,
  sender: () => ownerSender(chain, recordId),
});

/** It works on nobody's content. */
const response = ({ requestId, sourceChainId, destinationChainId }: KnownRequest): Needed => ({
  subject: { kind: "deliver-response", chainId: destinationChainId, requestId },
  sentTo: sourceChainId,
  sender: async () => ({}),
});
