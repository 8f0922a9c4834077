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
  if (!next) return removeCursor(tx, chainId, previous);
  const values = [chainId, next.block, next.hash, next.requests, next.grants];
  if (previous === undefined) {
    const placed = await tx.query(
      `WITH moved AS (
      INSERT INTO relayer.cursors (chain_id, block_number, block_hash, requests_sequence, grants_sequence)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING ${POSITION}) ${REMEMBER}`,
      values,
    );
    return placed.length === 1;
  }
  const from = [previous.block, previous.hash];
  const update = `UPDATE relayer.cursors
       SET block_number = $2, block_hash = $3, requests_sequence = $4, grants_sequence = $5, updated_at = now()
     WHERE chain_id = $1 AND block_number = $6 AND block_hash = $7 RETURNING ${POSITION}`;
  if (next.block <= previous.block) {
    const moved = await tx.query(update, [...values, ...from]);
    if (moved.length === 1) await forgetAbove(tx, chainId, next.block);
    return moved.length === 1;
  }
  // One statement: a range of blocks is read several times a second.
  const moved = await tx.query(
    `WITH moved AS (${update}),
     forgotten AS (
       DELETE FROM relayer.positions WHERE chain_id = $1 AND EXISTS (SELECT 1 FROM moved) AND block_number < (
         SELECT max(block_number) FROM relayer.positions WHERE chain_id = $1 AND block_number <= $8))
     ${REMEMBER}`,
    [...values, ...from, next.block - keep],
  );
  return moved.length === 1;
}

const POSITION = "chain_id, block_number, block_hash, requests_sequence, grants_sequence";
const REMEMBER = `INSERT INTO relayer.positions (${POSITION}) SELECT ${POSITION} FROM moved RETURNING chain_id`;

const forgetAbove = (tx: Queryable, chainId: bigint, block: number): Promise<unknown[]> =>
  tx.query("DELETE FROM relayer.positions WHERE chain_id = $1 AND block_number > $2", [chainId, block]);

async function removeCursor(tx: Queryable, chainId: bigint, previous: Cursor | undefined): Promise<boolean> {
  const removed = await tx.query(
    "DELETE FROM relayer.cursors WHERE chain_id = $1 AND block_number = $2 AND block_hash = $3 RETURNING chain_id",
    [chainId, previous?.block ?? -1, previous?.hash ?? ""],
  );
  if (removed.length === 1) await forgetAbove(tx, chainId, -1);
  return removed.length === 1;
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
