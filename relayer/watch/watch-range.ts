import { ask, type Chain, isTurnedAway } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { type Pace, slowDown, speedUp, startPace } from "@medexchain/evm";
import { isError } from "ethers";
import { type BlockHeader, blockHeader } from "../chains/block-header.ts";
import type { ChainConfig } from "../config/schema.ts";
import { type Cursor, moveCursor, positionsBelow, readCursor } from "../database/cursors.ts";
import type { Queryable } from "../database/database.ts";
import { insertEvents, type Outbox } from "../database/events.ts";
import { isBacklogFull, type JobSubject, jobKey, reviveJobs } from "../database/jobs.ts";
import { holdsLease } from "../database/leases.ts";
import { insertRequests, markEnded } from "../database/requests.ts";
import type { Enqueue } from "../queue/queue.ts";
import type { TurnOf } from "../turns/turns.ts";
import { standingOf } from "./canonical.ts";
import type { WatchContext } from "./context.ts";
import { decodeOutboxEvent, JOB_OF_EVENT, type OutboxEvent, outboxFilter, payloadJson } from "./outbox-events.ts";
import { prunedState } from "./pruned-state.ts";
import { rollBack } from "./rollback.ts";
import { sendersOf } from "./senders.ts";
import { checkGapFree } from "./sequences.ts";

/** Where there is no new block, so often it is looked whether the latest one still stands; a new one is looked at when it comes. */
const STANDS_MS = 1_000;

/**
 * Reads the next range of blocks of a chain: stores its events, their jobs and the cursor in one transaction. Where the chain has
 * replaced what was read, goes back instead.
 *
 * @returns whether more blocks are waiting
 * @throws OUTBOX_GAP when the node did not send all events (the cursor stays), CHAIN_REORGANISED when there is no way back,
 *   CHAIN_STATE_PRUNED when the node is no archive and what is read is too old for it, SERVICE_UNREACHABLE, SERVICE_PROTOCOL
 */
export async function watchRange(context: WatchContext): Promise<boolean> {
  const right = context.reads?.();
  const { chain, config, database, enqueue, endpoints, observe, pace } = context;
  const { chainId } = chain.deployment;
  const node = endpoints?.current();
  const latest = await ask(chain, () => chain.provider.getBlockNumber());
  const head = latest - config.confirmations;
  observe({ type: "head", chainId, block: Math.max(head, 0) });
  const { still } = context;
  if (still?.block === latest && performance.now() - still.at < STANDS_MS) return false;

  const cursor = await readCursor(database, chainId);
  endpoints?.sawHead(Math.max(latest, cursor?.block ?? 0));
  const from = cursor ? cursor.block + 1 : config.fromBlock;
  const read = cursor?.block ?? config.fromBlock - 1;
  const watched = (upTo: number) =>
    observe({ type: "watched", chainId, cursor: upTo, belowCursor: latest < Math.max(upTo, 0) });
  if (cursor && latest < cursor.block) {
    // It is behind what another has shown.
    if (node !== undefined) endpoints?.distrust(node);
    if (await goBackBelow(context, cursor, latest)) return true;
    watched(cursor.block);
    return false;
  }
  if (head < from) {
    if (cursor && (await goBackIfReplaced(context, cursor))) return true;
    watched(read);
    if (still) Object.assign(still, { block: latest, at: performance.now() });
    return false;
  }
  if (cursor && (await goBackIfReplaced(context, cursor))) return true;
  if (await isBacklogFull(database, context.maxPending)) {
    watched(read); // it is the jobs that must move
    return false;
  }

  const to = Math.min(head, from + pace.blocks - 1);
  const end = await blockHeader(chain, to);
  if (!end) return false; // another node behind the same URL, which is not there yet
  const { events, next } = await readPaced(context, cursor, from, end);

  const [senders, waits] = await Promise.all([sendersOf(chain, events), context.waits?.(events.map(turnOf(chainId)))]);
  const extras = senders.map((sender, index) => ({ ...sender, waitSeconds: waits?.[index] }));
  const moved = await database.transaction(async (tx) => {
    // Whoever was held up for so long that another reads now writes nothing.
    if (right?.lease && !(await holdsLease(tx, right.lease))) return false;
    if (!(await moveCursor(tx, chainId, cursor, next, config.rollbackBlocks))) return false;
    await storeEvents(tx, enqueue, chainId, events, extras);
    return true;
  });
  if (!moved) return right?.lease === undefined; // whoever had it alone has lost it
  watched(next.block);
  for (const { kind, sequence, requestId, block } of events) {
    observe({ type: "event-seen", chainId, kind, sequence, requestId, block });
  }
  return next.block < head;
}

/** What of an event is needed to know whose turn its step is. */
const turnOf =
  (chainId: bigint) =>
  (event: OutboxEvent): TurnOf => {
    const { requestId } = event;
    switch (event.kind) {
      case "AccessRequested":
        return { requestId, sentTo: event.payload.request.destinationChainId };
      case "ReEncryptionRequested":
        return { requestId, sentTo: chainId };
      case "ResponseReady":
        return { requestId, sentTo: event.payload.destinationChainId };
    }
  };

/** Makes a context's pace. */
export const startingPace = (config: ChainConfig): Pace => startPace(config.maxBlockRange);

async function goBackIfReplaced(context: WatchContext, cursor: Cursor): Promise<boolean> {
  const standing = await standingOf(context.chain, context.endpoints, cursor);
  if (standing === "canonical") return false;
  if (standing === "replaced") {
    await rollBack(context, cursor);
    return true;
  }
  throw new MedexError(
    "SERVICE_PROTOCOL",
    `chain ${context.chain.deployment.chainId}: nodes differ on block ${cursor.block}, which was read before; the relayer waits for them to agree`,
  );
}

/**
 * Goes back where the node's latest block is below the cursor and its chain is another one: it was started anew, or reorganised to fewer
 * blocks. A node that is only behind has the blocks that were read before.
 *
 * @throws CHAIN_RESET when it has not even the contracts any more, CHAIN_REORGANISED as `rollBack`
 */
async function goBackBelow(context: WatchContext, cursor: Cursor, latest: number): Promise<boolean> {
  const { chain, database, endpoints } = context;
  const { chainId, grants } = chain.deployment;
  const [known] = await positionsBelow(database, chainId, latest + 1);
  if (known) {
    if ((await standingOf(chain, endpoints, known)) !== "replaced") return false;
    await rollBack(context, cursor);
    return true;
  }
  if ((await ask(chain, () => chain.provider.getCode(grants))) !== "0x") return false;
  throw new MedexError(
    "CHAIN_RESET",
    `chain ${chainId}: the node's latest block is ${latest}, below block ${cursor.block}, which was read before, and it has no contracts: the chain was started anew, or the node reads it from the start; deploy the contracts and use a new database, or wait for the node`,
  );
}

/** Asks for fewer blocks when a node refuses so many, down to one, and for more again when it does not. */
async function readPaced(
  context: WatchContext,
  cursor: Cursor | undefined,
  from: number,
  end: BlockHeader,
): Promise<{ events: OutboxEvent[]; next: Cursor }> {
  const { chain, pace } = context;
  let last = end;
  for (;;) {
    const blocks = last.number - from + 1;
    try {
      const range = await readRange(chain, cursor, from, last);
      speedUp(pace, blocks);
      return range;
    } catch (error) {
      if (blocks === 1 || isNotOfLength(error)) throw error;
      slowDown(pace, blocks);
      const shorter = await blockHeader(chain, from + pace.blocks - 1);
      if (!shorter) throw error;
      last = shorter;
    }
  }
}

async function readRange(
  chain: Chain,
  cursor: Cursor | undefined,
  from: number,
  end: BlockHeader,
): Promise<{ events: OutboxEvent[]; next: Cursor }> {
  const [logs, requests, grants] = await ask(chain, () =>
    Promise.all([
      chain.provider.getLogs({ ...outboxFilter(chain), fromBlock: from, toBlock: end.number }),
      sequenceAt(chain, "requests", end.number),
      sequenceAt(chain, "grants", end.number),
    ]),
  );
  const events = logs.map((log) => decodeOutboxEvent(chain, log));
  const next: Cursor = { block: end.number, hash: end.hash, requests: Number(requests), grants: Number(grants) };
  for (const outbox of ["requests", "grants"] as const) {
    const sequences = events.filter((event) => event.outbox === outbox).map(({ sequence }) => sequence);
    const name = `chain ${chain.deployment.chainId}, ${outbox === "requests" ? "AccessRequests" : "AccessGrants"}`;
    checkGapFree(name, cursor?.[outbox] ?? 0, next[outbox], sequences);
  }
  return { events, next };
}

/** A gap, a node that is down, or one that has thrown the past away, is no matter of how much was asked for. */
function isNotOfLength(error: unknown): boolean {
  if (!MedexError.is(error)) return false;
  if (error.code === "OUTBOX_GAP" || error.code === "CHAIN_STATE_PRUNED") return true;
  // A node that answers, but takes no more, may mean either: that it is asked for too much, or too often.
  return error.code === "SERVICE_UNREACHABLE" && !isTurnedAway(error.cause);
}

/** What an outbox has counted up to a block: nothing before it was deployed. */
async function sequenceAt(chain: Chain, outbox: Outbox, blockTag: number): Promise<bigint> {
  try {
    return await chain[outbox].sequence({ blockTag });
  } catch (error) {
    const pruned = prunedState(error, chain.deployment.chainId, blockTag);
    if (pruned) throw pruned;
    if (!isError(error, "BAD_DATA")) throw error;
    if ((await chain.provider.getCode(chain.deployment[outbox], blockTag)) === "0x") return 0n;
    throw error;
  }
}

/** Events: their rows, what the sweep needs of them, and their jobs. */
async function storeEvents(
  tx: Queryable,
  enqueue: Enqueue,
  chainId: bigint,
  events: readonly OutboxEvent[],
  extras: readonly Pick<JobSubject, "sender" | "hospital" | "waitSeconds">[],
): Promise<void> {
  await insertEvents(
    tx,
    chainId,
    events.map((event) => ({ ...event, payload: payloadJson(event.payload) })),
  );
  const filed = events.flatMap((event) => (event.kind === "AccessRequested" ? [event] : []));
  await insertRequests(
    tx,
    filed.map(({ requestId, payload: { request } }) => ({
      requestId,
      sourceChainId: chainId,
      destinationChainId: request.destinationChainId,
      expiry: request.expiry,
    })),
  );
  const answered = events.filter(({ kind }) => kind === "ResponseReady").map(({ requestId }) => requestId);
  await markEnded(tx, answered, "destination");
  const subjects = events.map(({ kind, requestId }, index) => ({
    kind: JOB_OF_EVENT[kind],
    chainId,
    requestId,
    ...extras[index],
  }));
  await enqueue(tx, subjects);
  // One that is known is of an approval that its owner has sealed anew; the queue takes it up within seconds.
  await reviveJobs(tx, subjects.filter(({ kind }) => kind === "re-encrypt").map(jobKey));
}
