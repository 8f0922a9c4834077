import type { Hex32 } from "@medexchain/chain";
import { z } from "zod";
import { parseRows, type Queryable } from "./database.ts";

/** Which report: by the chain that takes it, and the id that stands in the place of a request's. */
export interface ReportId {
  readonly chainId: bigint;
  readonly requestId: Hex32;
}

/**
 * Stores the evidence of a relayer's equivocation, for the job that reports it; the first that was found stays.
 *
 * @param evidence JSON
 * @returns whether it is new
 */
export async function insertEquivocation(
  tx: Queryable,
  { chainId, requestId }: ReportId,
  evidence: string,
): Promise<boolean> {
  const rows = await tx.query(
    `INSERT INTO relayer.equivocations (chain_id, request_id, evidence) VALUES ($1, $2, $3)
       ON CONFLICT DO NOTHING RETURNING 1 AS one`,
    [chainId, requestId, evidence],
  );
  return rows.length > 0;
}

/** The evidence, as JSON; undefined where there is none. */
export async function readEquivocation(db: Queryable, { chainId, requestId }: ReportId): Promise<string | undefined> {
  const rows = await db.query("SELECT evidence FROM relayer.equivocations WHERE chain_id = $1 AND request_id = $2", [
    chainId,
    requestId,
  ]);
  return parseRows(z.object({ evidence: z.string() }), rows)[0]?.evidence;
}
