import { z } from "zod";
import { hex32, safeInteger } from "./columns.ts";
import { parseRows, type Queryable } from "./database.ts";

const cursorSchema = z.object({
  block: safeInteger,
  hash: hex32,
  requests: safeInteger,
  grants: safeInteger,
});
/** Up to where a chain was read: the last block, its hash, and the sequence number of each outbox at that block. */
export type Cursor = z.infer<typeof cursorSchema>;

/** Where watching of a chain has come to, or undefined before its first block. */
export async function readCursor(db: Queryable, chainId: bigint): Promise<Cursor | undefined> {
  const rows = await db.query(
    `SELECT block_number AS block, block_hash AS hash, requests_sequence AS requests, grants_sequence AS grants
       FROM relayer.cursors WHERE chain_id = $1`,
    [chainId],
  );
  return parseRows(cursorSchema, rows)[0];
}

/**
 * Moves a chain's cursor from `previous` to `next`.
 *
 * @returns false when it was no longer at `previous`: another relayer has moved it
 */
export async function moveCursor(
  tx: Queryable,
  chainId: bigint,
  previous: Cursor | undefined,
  next: Cursor,
): Promise<boolean> {
  const values = [chainId, next.block, next.hash, next.requests, next.grants];
  const moved =
    previous === undefined
      ? await tx.query(
          `INSERT INTO relayer.cursors (chain_id, block_number, block_hash, requests_sequence, grants_sequence)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING chain_id`,
          values,
        )
      : await tx.query(
          `UPDATE relayer.cursors
              SET block_number = $2, block_hash = $3, requests_sequence = $4, grants_sequence = $5, updated_at = now()
            WHERE chain_id = $1 AND block_number = $6 AND block_hash = $7 RETURNING chain_id`,
          [...values, previous.block, previous.hash],
        );
  return moved.length === 1;
}
