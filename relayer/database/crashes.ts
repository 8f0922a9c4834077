/**
 * Which jobs a process was at when it died. Each attempt is marked with the run that makes it; a mark that is still there when that run is
 * gone means that it died at the job.
 */
import type { Queryable } from "./database.ts";
import { ALIVE_SECONDS } from "./leases.ts";

/** Whether the run that is at a job lives, as SQL over `relayer.jobs j`. */
const isAlive = (exclusive: boolean): string =>
  exclusive
    ? "false"
    : `EXISTS (
  SELECT 1 FROM relayer.relayers r WHERE r.run = j.running_by AND r.seen_at > now() - interval '${ALIVE_SECONDS} seconds')`;

/**
 * That a job's attempt of another run never ended, as SQL over `relayer.jobs j`; `run` is the parameter of this run. One that had got as far
 * as a transaction is past whatever its sender has published, and waited for a receipt.
 */
const diedAt = (
  run: string,
  exclusive: boolean,
): string => `j.running_by <> ${run} AND NOT ${isAlive(exclusive)} AND NOT EXISTS (
  SELECT 1 FROM relayer.transaction_steps s JOIN relayer.transactions t ON t.chain_id = s.chain_id AND t.hash = s.hash
   WHERE s.request_id = j.request_id AND t.created_at >= j.updated_at)`;

/** From so many deaths on a job is attempted alone: one may be chance, as whatever else ran then is under suspicion too. */
export const ALONE_FROM = 2;

/** How long after a death what the run died at waits for the others. */
const SUSPECT_DELAY_SECONDS = 2;

/** How long the others wait that a process was at which is about to end: it is not to take them again. */
const ENDING_SECONDS = 1;

/**
 * Gives back jobs whose attempt is over and not stored: those of runs that have died, whose deaths are counted, and those of this run that it
 * does not have any more. A run of another account that was seen of late counts as alive, unless no other process uses the database.
 *
 * @param held keys of the jobs that this run is at
 * @returns how many jobs
 */
export async function giveBack(
  db: Queryable,
  { run, held, exclusive }: { readonly run: string; readonly held: readonly string[]; readonly exclusive: boolean },
): Promise<number> {
  const rows = await db.query(
    `WITH lost AS (
       SELECT j.key AS lost_key, (${diedAt("$1", exclusive)})::int AS deaths FROM relayer.jobs j
        WHERE j.state = 'pending' AND j.running_by IS NOT NULL
          AND CASE WHEN j.running_by = $1 THEN j.key <> ALL($2::text[]) ELSE NOT ${isAlive(exclusive)} END)
     UPDATE relayer.jobs SET running_by = NULL, crashes = crashes + deaths,
            due_at = now() + make_interval(secs => deaths * ${SUSPECT_DELAY_SECONDS})
       FROM lost WHERE key = lost_key RETURNING key`,
    [run, held],
  );
  return rows.length;
}

/** Notes that this run dies at one job, which is known: the others that it is at are not to blame. */
export async function blame(db: Queryable, key: string, run: string): Promise<void> {
  await db.query(
    `UPDATE relayer.jobs SET crashes = crashes + CASE WHEN key = $1 THEN 1 ELSE 0 END, running_by = NULL,
            due_at = now() + make_interval(secs => CASE WHEN key = $1 THEN ${SUSPECT_DELAY_SECONDS} ELSE ${ENDING_SECONDS} END)
      WHERE key = $1 OR running_by = $2`,
    [key, run],
  );
}
