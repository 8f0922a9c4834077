import type { Hex32 } from "@medexchain/chain";
import { z } from "zod";
import type { JobKind } from "../observe/observer.ts";
import { hex32, int8 } from "./columns.ts";
import { parseRows, type Queryable } from "./database.ts";

const requestSchema = z.object({
  requestId: hex32,
  sourceChainId: int8,
  destinationChainId: int8,
  /** Unix seconds. */
  expiry: int8,
});
export type KnownRequest = z.infer<typeof requestSchema>;

/** The requester's side, or the owner's. */
export type RequestSide = "source" | "destination";

/** Remembers requests; those that are known stay as they are. */
export async function insertRequests(tx: Queryable, requests: readonly KnownRequest[]): Promise<void> {
  if (requests.length === 0) return;
  await tx.query(
    `INSERT INTO relayer.requests (request_id, source_chain_id, destination_chain_id, expiry)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) ON CONFLICT DO NOTHING`,
    [
      requests.map(({ requestId }) => requestId),
      requests.map(({ sourceChainId }) => String(sourceChainId)),
      requests.map(({ destinationChainId }) => String(destinationChainId)),
      requests.map(({ expiry }) => String(expiry)),
    ],
  );
}

/** Notes that requests were read as ended on one of its chains; the sweep leaves that side alone from then on. */
export async function markEnded(db: Queryable, requestIds: readonly Hex32[], side: RequestSide): Promise<void> {
  if (requestIds.length === 0) return;
  const column = side === "source" ? "source_ended" : "destination_ended";
  await db.query(`UPDATE relayer.requests SET ${column} = true WHERE request_id = ANY($1::text[])`, [requestIds]);
}

/**
 * Whether a job has nothing left to bring about, as its request was read as ended where it would be brought about: on the owner's chain
 * for a re-encryption, else on the requester's.
 */
export async function isOver(
  db: Queryable,
  { kind, requestId }: { readonly kind: JobKind; readonly requestId: Hex32 },
): Promise<boolean> {
  const side = kind === "re-encrypt" || kind === "expire-grant" ? "destination" : "source";
  const rows = await db.query(`SELECT 1 FROM relayer.requests WHERE request_id = $1 AND ${side}_ended`, [requestId]);
  return rows.length > 0;
}

/**
 * Requests not known to have ended on one of their chains, with an expiry at or before `deadline`, earliest first; without those
 * that have a job which is ending them, or which must not be opened again.
 *
 * @param deadline Unix seconds
 */
export async function overdueRequests(
  db: Queryable,
  side: RequestSide,
  chainId: bigint,
  deadline: bigint,
): Promise<KnownRequest[]> {
  const rows = await db.query(
    `SELECT request_id AS "requestId", source_chain_id AS "sourceChainId", destination_chain_id AS "destinationChainId", expiry
       FROM relayer.requests
      WHERE NOT ${side}_ended AND ${side}_chain_id = $1 AND expiry <= $2 AND NOT EXISTS (
        SELECT 1 FROM relayer.jobs j
         WHERE j.request_id = relayer.requests.request_id AND j.chain_id = $1 AND j.kind = $3
           AND (j.state IN ('pending', 'held') OR j.state = 'parked' AND j.parked_by <> 'refusal'))
      ORDER BY expiry LIMIT 500`,
    [chainId, deadline, side === "source" ? "expire-request" : "expire-grant"],
  );
  return parseRows(requestSchema, rows);
}
