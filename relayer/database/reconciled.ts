import { z } from "zod";
import { int8, safeInteger } from "./columns.ts";
import { parseRows, type Queryable } from "./database.ts";
import type { RequestSide } from "./requests.ts";

const floorSchema = z.object({ floor: safeInteger });

/** Up to which number all requests that a chain has on a side are known to have ended; 0 before the first look. */
export async function readFloor(db: Queryable, chainId: bigint, side: RequestSide): Promise<number> {
  const rows = await db.query("SELECT floor FROM relayer.reconciled WHERE chain_id = $1 AND side = $2", [
    chainId,
    side,
  ]);
  return parseRows(floorSchema, rows)[0]?.floor ?? 0;
}

const floorsSchema = floorSchema.extend({ chainId: int8, side: z.enum(["source", "destination"]) });

/** All floors. */
export async function readFloors(db: Queryable): Promise<z.infer<typeof floorsSchema>[]> {
  return parseRows(
    floorsSchema,
    await db.query(`SELECT chain_id AS "chainId", side, floor FROM relayer.reconciled ORDER BY chain_id, side`),
  );
}

/** Sets the floor of a side of a chain. */
export async function setFloor(db: Queryable, chainId: bigint, side: RequestSide, floor: number): Promise<void> {
  await db.query(
    `INSERT INTO relayer.reconciled (chain_id, side, floor) VALUES ($1, $2, $3)
       ON CONFLICT (chain_id, side) DO UPDATE SET floor = excluded.floor`,
    [chainId, side, floor],
  );
}
