import { z } from "zod";
import { int8, timestamp } from "./columns.ts";
import { parseRows, type Queryable } from "./database.ts";

const laneSchema = z.object({ sourceChainId: int8, destinationChainId: int8, pausedAt: timestamp });
/** A lane that an operator has paused: from a requester's chain to an owner's, and back. */
export type PausedLane = z.infer<typeof laneSchema>;

/** The lanes that are paused. */
export async function pausedLanes(db: Queryable): Promise<PausedLane[]> {
  const rows = await db.query(
    `SELECT source_chain_id AS "sourceChainId", destination_chain_id AS "destinationChainId", paused_at AS "pausedAt"
       FROM relayer.paused_lanes ORDER BY source_chain_id, destination_chain_id`,
  );
  return parseRows(laneSchema, rows);
}

/** Pauses a lane: its jobs are held until it is resumed. Nothing happens where it is paused. */
export async function pauseLane(db: Queryable, sourceChainId: bigint, destinationChainId: bigint): Promise<void> {
  await db.query(
    `INSERT INTO relayer.paused_lanes (source_chain_id, destination_chain_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
    [sourceChainId, destinationChainId],
  );
}

/** Ends a pause; false where there is none. */
export async function resumeLane(db: Queryable, sourceChainId: bigint, destinationChainId: bigint): Promise<boolean> {
  const rows = await db.query(
    `DELETE FROM relayer.paused_lanes WHERE source_chain_id = $1 AND destination_chain_id = $2 RETURNING source_chain_id`,
    [sourceChainId, destinationChainId],
  );
  return rows.length === 1;
}
