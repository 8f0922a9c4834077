import { isError } from "ethers";
import type { Chain } from "../../offchain/chain/index.ts";
import { MedexError } from "../../offchain/errors.ts";
import { ask, type BlockHeader, blockHeader } from "../chains.ts";
import type { ChainConfig } from "../config.ts";
import { type Cursor, moveCursor, readCursor } from "../database/cursors.ts";
import type { Database, Queryable } from "../database/database.ts";
import { insertEvent, type Outbox } from "../database/events.ts";
import { insertRequest, markEnded } from "../database/requests.ts";
import type { Observer } from "../observer.ts";
import type { Enqueue } from "../queue/queue.ts";
import { decodeOutboxEvent, JOB_OF_EVENT, type OutboxEvent, outboxFilter, payloadJson } from "./outbox-events.ts";
import { checkGapFree } from "./sequences.ts";

/** What watching one chain takes. */
export interface WatchContext {
  readonly chain: Chain;
  readonly config: ChainConfig;
  readonly database: Database;
  readonly enqueue: Enqueue;
  readonly observe: Observer;
}

/**
 * Reads the next range of blocks of a chain: stores its events, their jobs and the cursor in one transaction.
 *
 * @returns whether more blocks are waiting
 * @throws OUTBOX_GAP when the node did not send all events (the cursor stays), CHAIN_REORGANISED when the cursor's block is no
 *   longer part of the chain, SERVICE_UNREACHABLE, SERVICE_PROTOCOL
 */
export async function watchRange(context: WatchContext): Promise<boolean> {
  const { chain, config, database, enqueue, observe } = context;
  const { chainId } = chain.deployment;
  const head = (await ask(chain, () => chain.provider.getBlockNumber())) - config.confirmations;
  observe({ type: "head", chainId, block: Math.max(head, 0) });

  const cursor = await readCursor(database, chainId);
  const from = cursor ? cursor.block + 1 : config.fromBlock;
  if (head < from) return false;
  if (cursor) await checkCanonical(chain, cursor);
  const to = Math.min(head, from + config.maxBlockRange - 1);
  const end = await blockHeader(chain, to);
  if (!end) return false; // another node behind the same URL, which is not there yet
  const { events, next } = await readRange(chain, cursor, from, end);

  const moved = await database.transaction(async (tx) => {
    if (!(await moveCursor(tx, chainId, cursor, next))) return false;
    for (const event of events) await storeEvent(tx, enqueue, chainId, event);
    return true;
  });
  if (!moved) return true;
  for (const { kind, sequence, requestId, block } of events) {
    observe({ type: "event-seen", chainId, kind, sequence, requestId, block });
  }
  return to < head;
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

/** What an outbox has counted up to a block: nothing before it was deployed. */
async function sequenceAt(chain: Chain, outbox: Outbox, blockTag: number): Promise<bigint> {
  try {
    return await chain[outbox].sequence({ blockTag });
  } catch (error) {
    if (!isError(error, "BAD_DATA")) throw error;
    if ((await chain.provider.getCode(chain.deployment[outbox], blockTag)) === "0x") return 0n;
    throw error;
  }
}

/** One event: its row, what the sweep needs of it, and its job. */
async function storeEvent(tx: Queryable, enqueue: Enqueue, chainId: bigint, event: OutboxEvent): Promise<void> {
  const { kind, requestId } = event;
  await insertEvent(tx, chainId, { ...event, payload: payloadJson(event.payload) });
  if (kind === "AccessRequested") {
    const { destinationChainId, expiry } = event.payload.request;
    await insertRequest(tx, { requestId, sourceChainId: chainId, destinationChainId, expiry });
  }
  if (kind === "ResponseReady") await markEnded(tx, requestId, "destination");
  await enqueue(tx, { kind: JOB_OF_EVENT[kind], chainId, requestId });
}

async function checkCanonical(chain: Chain, cursor: Cursor): Promise<void> {
  const block = await blockHeader(chain, cursor.block);
  if (!block || block.hash === cursor.hash) return;
  throw new MedexError(
    "CHAIN_REORGANISED",
    `chain ${chain.deployment.chainId}: block ${cursor.block} was replaced after it was read; raise \`confirmations\` and start with a new database`,
  );
}
