import { z } from "zod";
import type { Hex32 } from "../../offchain/chain/index.ts";
import { hex32, int8, safeInteger, timestamp } from "./columns.ts";
import { parseRows, type Queryable } from "./database.ts";

export const OUTBOXES = ["requests", "grants"] as const;
/** Which contract numbered an event: AccessRequests or AccessGrants. */
export type Outbox = (typeof OUTBOXES)[number];

/** An outbox event to store; `payload` is JSON. */
export interface NewEvent {
  readonly outbox: Outbox;
  readonly sequence: number;
  readonly kind: string;
  readonly requestId: Hex32;
  readonly payload: unknown;
  readonly block: number;
  readonly blockHash: Hex32;
  readonly transactionHash: Hex32;
}

const storedSchema = z.object({
  chainId: int8,
  outbox: z.enum(OUTBOXES),
  sequence: safeInteger,
  kind: z.string(),
  requestId: hex32,
  block: safeInteger,
  transactionHash: hex32,
  seenAt: timestamp,
});
/** An event without its payload. */
export type StoredEvent = z.infer<typeof storedSchema>;

/** Stores an event. */
export async function insertEvent(tx: Queryable, chainId: bigint, event: NewEvent): Promise<void> {
  await tx.query(
    `INSERT INTO relayer.events
       (chain_id, outbox, sequence, kind, request_id, payload, block_number, block_hash, transaction_hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      chainId,
      event.outbox,
      event.sequence,
      event.kind,
      event.requestId,
      JSON.stringify(event.payload),
      event.block,
      event.blockHash,
      event.transactionHash,
    ],
  );
}

/** The payload of a request's event of this kind on a chain, to be parsed; undefined where there is none. */
export async function readPayload(db: Queryable, chainId: bigint, kind: string, requestId: Hex32): Promise<unknown> {
  const rows = await db.query(
    "SELECT payload FROM relayer.events WHERE chain_id = $1 AND kind = $2 AND request_id = $3",
    [chainId, kind, requestId],
  );
  return parseRows(z.object({ payload: z.unknown() }), rows)[0]?.payload;
}

/** All events of a request, in the order in which they were seen. */
export async function eventsOf(db: Queryable, requestId: Hex32): Promise<StoredEvent[]> {
  const rows = await db.query(
    `SELECT chain_id AS "chainId", outbox, sequence, kind, request_id AS "requestId", block_number AS block,
            transaction_hash AS "transactionHash", seen_at AS "seenAt"
       FROM relayer.events WHERE request_id = $1 ORDER BY seen_at, chain_id, sequence`,
    [requestId],
  );
  return parseRows(storedSchema, rows);
}
