/** Attempts at jobs: which are due, which run is at which, and how each ended. */
import { z } from "zod";
import type { RetryConfig } from "../config/schema.ts";
import type { Failure } from "../observe/failure.ts";
import type { JobOutcome } from "../observe/observer.ts";
import { safeInteger } from "./columns.ts";
import { parseRows, type Queryable } from "./database.ts";
import { JOB_COLUMNS, type Job, type JobState, jobSchema, type ParkedBy } from "./jobs.ts";

const dueSchema = z.object({
  key: z.string(),
  sender: z.string().nullable(),
  hospital: z.string().nullable(),
  /** How many runs have died at it. */
  crashes: safeInteger,
});
export type DueJob = z.infer<typeof dueSchema>;

/** Whose jobs are not looked for, as they have all the places that they may have. */
export interface LeftOut {
  readonly members: readonly string[];
  /** "" is those of whom no hospital is known. */
  readonly hospitals: readonly string[];
  /** Leaves out what a run has died at. */
  readonly suspects?: boolean;
}

/** Jobs that are due in a queue and that no run is at, in the order in which they are to be attempted. */
export async function dueJobs(
  db: Queryable,
  queue: string,
  { members, hospitals, suspects = false }: LeftOut,
  limit: number,
): Promise<DueJob[]> {
  const rows = await db.query(
    `SELECT key, sender, hospital, crashes FROM relayer.jobs
      WHERE queue = $1 AND state = 'pending' AND running_by IS NULL AND due_at <= now()
        AND (sender IS NULL OR sender <> ALL($2::text[]) AND coalesce(hospital, '') <> ALL($3::text[]))
        AND NOT (crashes > 0 AND $5::boolean)
      ORDER BY crashes > 0, priority DESC, created_at LIMIT $4`,
    [queue, members, hospitals, limit, suspects],
  );
  return parseRows(dueSchema, rows);
}

/** Which run makes an attempt, and after how many deaths at a job it is given up. */
export interface AttemptBy {
  readonly run: string;
  readonly crashLimit: number;
}

/** The kinds of job that need their lane. */
const LANE_KINDS = "'deliver-request', 're-encrypt', 'deliver-response'";

/**
 * Counts an attempt at each pending job that no run is at, and returns those; jobs of a paused lane are held instead. A job at which too many runs
 * have died is parked, and returned so, once.
 */
export async function startAttempts(
  db: Queryable,
  keys: readonly string[],
  { run, crashLimit }: AttemptBy,
): Promise<Job[]> {
  if (keys.length === 0) return [];
  const rows = await db.query(
    `WITH due AS (
       SELECT d.key AS due_key, d.crashes >= $3::int AS deadly, d.kind IN (${LANE_KINDS}) AND EXISTS (
           SELECT 1 FROM relayer.requests r JOIN relayer.paused_lanes p
               ON p.source_chain_id = r.source_chain_id AND p.destination_chain_id = r.destination_chain_id
            WHERE r.request_id = d.request_id) AS paused
         FROM relayer.jobs d WHERE d.key = ANY($1::text[])),
     started AS (
       UPDATE relayer.jobs SET
           state = CASE WHEN paused THEN 'held' WHEN deadly THEN 'parked' ELSE state END,
           code = CASE WHEN paused THEN 'LANE_PAUSED' WHEN deadly THEN 'JOB_CRASHES' ELSE code END,
           reason = CASE WHEN paused THEN 'its lane is paused'
             WHEN deadly THEN 'the relayer died ' || crashes || ' times while it was at this job; see the log of its ends, then retry'
             ELSE reason END,
           parked_by = CASE WHEN NOT paused AND deadly THEN 'crash' ELSE parked_by END,
           attempts = attempts + CASE WHEN paused OR deadly THEN 0 ELSE 1 END,
           running_by = CASE WHEN paused OR deadly THEN NULL ELSE $2 END,
           updated_at = now()
         FROM due WHERE key = due_key AND state = 'pending' AND running_by IS NULL RETURNING relayer.jobs.*)
     SELECT ${JOB_COLUMNS} FROM started WHERE state IN ('pending', 'parked')`,
    [keys, run, crashLimit],
  );
  return parseRows(jobSchema, rows);
}

/** How an attempt ended. */
export interface Ended {
  readonly key: string;
  readonly state: JobState;
  readonly outcome?: JobOutcome;
  readonly failure?: Failure;
  readonly parkedBy?: ParkedBy;
  readonly refusal?: Job["refusal"] | undefined;
}

/**
 * Notes how attempts ended. A job that was parked by hand meanwhile stays parked, unless it was done after all. One that met a service
 * that does not answer has had no attempt. One that failed comes again, to whoever looks first: after a pause that doubles with each failure and
 * is drawn by lot between itself and its double, so that jobs which failed together do not come together.
 */
export async function endAttempts(
  db: Queryable,
  ended: readonly Ended[],
  { delaySeconds, maxDelaySeconds }: Pick<RetryConfig, "delaySeconds" | "maxDelaySeconds">,
): Promise<void> {
  await db.query(
    `UPDATE relayer.jobs j
        SET state = e.state, outcome = e.outcome, code = e.code, reason = e.reason, updated_at = now(),
            parked_by = e.parked_by, refusal = e.refusal::jsonb, running_by = NULL,
            attempts = j.attempts - CASE WHEN e.code = 'SERVICE_UNREACHABLE' AND e.state = 'pending' THEN 1 ELSE 0 END,
            queue = CASE WHEN e.state = 'pending' THEN j.kind ELSE j.queue END,
            failures = CASE WHEN e.state = 'pending' THEN j.failures + 1 ELSE 0 END,
            due_at = CASE WHEN e.state = 'pending'
              THEN now() + make_interval(secs => least($9::float8, $8 * 2 ^ least(j.failures, 16) * (1 + random()))) ELSE j.due_at END
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
         AS e (key, state, outcome, code, reason, parked_by, refusal)
      WHERE j.key = e.key AND (j.state = 'pending' OR e.state = 'done')`,
    [
      ended.map(({ key }) => key),
      ended.map(({ state }) => state),
      ended.map(({ outcome }) => outcome ?? null),
      ended.map(({ failure }) => failure?.code ?? null),
      ended.map(({ failure }) => failure?.message ?? null),
      ended.map(({ parkedBy }) => parkedBy ?? null),
      ended.map(({ refusal }) => (refusal ? JSON.stringify(refusal) : null)),
      delaySeconds,
      maxDelaySeconds,
    ],
  );
}
