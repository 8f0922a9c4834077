import { z } from "zod";
import { safeInteger } from "./columns.ts";
import { parseRows, type Queryable } from "./database.ts";

const comparedSchema = z.object({ block: safeInteger });

/** Up to which block a chain's answers were compared, and none was wrong that still is; undefined before the first look. */
export async function readCompared(db: Queryable, chainId: bigint): Promise<number | undefined> {
  const rows = await db.query("SELECT block_number AS block FROM relayer.compared WHERE chain_id = $1", [chainId]);
  return parseRows(comparedSchema, rows)[0]?.block;
}

/** Sets it. */
export async function setCompared(db: Queryable, chainId: bigint, block: number): Promise<void> {
  await db.query(
    `INSERT INTO relayer.compared (chain_id, block_number) VALUES ($1, $2)
       ON CONFLICT (chain_id) DO UPDATE SET block_number = excluded.block_number`,
    [chainId, block],
  );
}
