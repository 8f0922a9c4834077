import type { Hex32 } from "@medexchain/chain";
import { z } from "zod";
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

/** Stores events. */
export async function insertEvents(tx: Queryable, chainId: bigint, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `INSERT INTO relayer.events
       (chain_id, outbox, sequence, kind, request_id, payload, block_number, block_hash, transaction_hash)
     SELECT $1, e.outbox, e.sequence, e.kind, e."requestId", e.payload, e.block, e."blockHash", e."transactionHash"
       FROM jsonb_to_recordset($2::jsonb) AS e (outbox text, sequence bigint, kind text, "requestId" text, payload jsonb,
         block bigint, "blockHash" text, "transactionHash" text)`,
    [chainId, JSON.stringify(events)],
  );
}

/** Names the event of a kind that a chain has of a request. */
export interface EventName {
  readonly chainId: bigint;
  readonly kind: string;
  readonly requestId: Hex32;
}

const payloadSchema = z.object({ place: safeInteger, payload: z.unknown() });

/** The payloads of events, to be parsed, in the order of their names; undefined where there is none. */
export async function readPayloads(db: Queryable, names: readonly EventName[]): Promise<unknown[]> {
  const rows = await db.query(
    `SELECT n.place, e.payload
       FROM unnest($1::bigint[], $2::text[], $3::text[]) WITH ORDINALITY AS n (chain_id, kind, request_id, place)
       JOIN relayer.events e ON e.chain_id = n.chain_id AND e.kind = n.kind AND e.request_id = n.request_id`,
    [names.map(({ chainId }) => String(chainId)), names.map(({ kind }) => kind), names.map((name) => name.requestId)],
  );
  const found = new Map(parseRows(payloadSchema, rows).map(({ place, payload }) => [place, payload]));
  return names.map((_name, index) => found.get(index + 1));
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
