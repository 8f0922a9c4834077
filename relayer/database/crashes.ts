/**
 * Which jobs a process was at when it died. Each attempt is marked with the run that makes it; a mark of another run that is still there
 * when the job is next attempted means that the other one died at it.
 */
import { z } from "zod";
import { parseRows, type Queryable } from "./database.ts";
import { ALIVE_SECONDS } from "./leases.ts";

/** That another run, which lives, is at a job, as SQL over `relayer.jobs j`; `run` is the parameter of this run. */
export const runsElsewhere = (run: string): string => `(j.running_by IS NOT NULL AND j.running_by <> ${run} AND EXISTS (
  SELECT 1 FROM relayer.relayers r WHERE r.run = j.running_by AND r.seen_at > now() - interval '${ALIVE_SECONDS} seconds'))`;

/**
 * That a job's attempt of another run never ended, as SQL over `relayer.jobs j`; `run` is the parameter of this run. One that had got as far
 * as a transaction is past whatever its sender has published, and waited for a receipt.
 */
export const diedAt = (run: string): string => `(j.running_by IS NOT NULL AND j.running_by <> ${run} AND NOT EXISTS (
  SELECT 1 FROM relayer.relayers r WHERE r.run = j.running_by AND r.seen_at > now() - interval '${ALIVE_SECONDS} seconds') AND NOT EXISTS (
  SELECT 1 FROM relayer.transaction_steps s JOIN relayer.transactions t ON t.chain_id = s.chain_id AND t.hash = s.hash
   WHERE s.request_id = j.request_id AND t.created_at >= j.updated_at))`;

/** From so many deaths on a job is attempted alone: one may be chance, as whatever else ran then is under suspicion too. */
export const ALONE_FROM = 2;

/** Of these jobs, those that are to be attempted one at a time. */
export async function suspectsAmong(db: Queryable, keys: readonly string[], run: string): Promise<string[]> {
  const rows = await db.query(
    `SELECT j.key FROM relayer.jobs j
      WHERE j.key = ANY($1::text[]) AND j.state = 'pending'
        AND j.crashes + CASE WHEN ${diedAt("$2")} THEN 1 ELSE 0 END >= ${ALONE_FROM}
      ORDER BY j.crashes, j.created_at`,
    [keys, run],
  );
  return parseRows(z.object({ key: z.string() }), rows).map(({ key }) => key);
}

/** Notes that this run dies at one job, which is known: the others that it is at are not to blame. */
export async function blame(db: Queryable, key: string, run: string): Promise<void> {
  await db.query(
    `UPDATE relayer.jobs SET crashes = crashes + CASE WHEN key = $1 THEN 1 ELSE 0 END, running_by = NULL
      WHERE key = $1 OR running_by = $2`,
    [key, run],
  );
}
