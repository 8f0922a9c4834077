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
 * Moves a chain's cursor from `previous` to `next`, and remembers where it has been.
 *
 * @param next undefined goes back to before the first block
 * @param keep how many blocks back positions are kept, beside the one before those
 * @returns false when it was no longer at `previous`: another relayer has moved it
 */
export async function moveCursor(
  tx: Queryable,
  chainId: bigint,
  previous: Cursor | undefined,
  next: Cursor | undefined,
  keep = 1_000,
): Promise<boolean> {
  if (!(await replaceCursor(tx, chainId, previous, next))) return false;
  const back = previous && next && next.block <= previous.block;
  if (!next || back) {
    const above = next?.block ?? -1;
    await tx.query("DELETE FROM relayer.positions WHERE chain_id = $1 AND block_number > $2", [chainId, above]);
    return true;
  }
  await tx.query(
    `INSERT INTO relayer.positions (chain_id, block_number, block_hash, requests_sequence, grants_sequence)
       VALUES ($1, $2, $3, $4, $5)`,
    [chainId, next.block, next.hash, next.requests, next.grants],
  );
  await tx.query(
    `DELETE FROM relayer.positions WHERE chain_id = $1 AND block_number < (
       SELECT max(block_number) FROM relayer.positions WHERE chain_id = $1 AND block_number <= $2)`,
    [chainId, next.block - keep],
  );
  return true;
}

async function replaceCursor(
  tx: Queryable,
  chainId: bigint,
  previous: Cursor | undefined,
  next: Cursor | undefined,
): Promise<boolean> {
  if (!next) {
    const removed = await tx.query(
      "DELETE FROM relayer.cursors WHERE chain_id = $1 AND block_number = $2 AND block_hash = $3 RETURNING chain_id",
      [chainId, previous?.block ?? -1, previous?.hash ?? ""],
    );
    return removed.length === 1;
  }
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

/** Where the cursor has been below a block, latest first. */
export async function positionsBelow(db: Queryable, chainId: bigint, block: number): Promise<Cursor[]> {
  const rows = await db.query(
    `SELECT block_number AS block, block_hash AS hash, requests_sequence AS requests, grants_sequence AS grants
       FROM relayer.positions WHERE chain_id = $1 AND block_number < $2 ORDER BY block_number DESC`,
    [chainId, block],
  );
  return parseRows(cursorSchema, rows);
}
