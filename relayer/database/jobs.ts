import type { Hex32 } from "@medexchain/chain";
import { z } from "zod";
import { JOB_KINDS, type JobKind } from "../observe/observer.ts";
import { hex32, int8, safeInteger, timestamp } from "./columns.ts";
import { parseRows, type Queryable } from "./database.ts";

/** `held`: its lane is paused. */
export const JOB_STATES = ["pending", "held", "done", "parked"] as const;
export type JobState = (typeof JOB_STATES)[number];
export const OPEN_STATES = JOB_STATES.filter((state) => state !== "done");

export const PARKED_BY = ["refusal", "poison", "crash", "person"] as const;
/**
 * Who or what has parked a job. `refusal`: a contract refused its step more than once; it is tried again while its request is open.
 * `poison`: what its sender published is wrong. `crash`: the process died at it again and again. `person`: an operator.
 */
export type ParkedBy = (typeof PARKED_BY)[number];

/** What is to be done: a kind of work for one request, for what happened, or has to happen, on `chainId`. */
export interface JobSubject {
  readonly kind: JobKind;
  readonly chainId: bigint;
  readonly requestId: Hex32;
  /** Whose content it works on, where that is known: a requester's or an owner's id. Not part of its identity. */
  readonly sender?: string | undefined;
  /** The sender's hospital, where that is known. */
  readonly hospital?: string | undefined;
  /** For so long it is left to relayers with other databases, whose turn it is. Not part of its identity. */
  readonly waitSeconds?: number | undefined;
}

export const jobSchema = z.object({
  key: z.string(),
  kind: z.enum(JOB_KINDS),
  chainId: int8,
  requestId: hex32,
  state: z.enum(JOB_STATES),
  outcome: z.string().nullable(),
  attempts: safeInteger,
  code: z.string().nullable(),
  reason: z.string().nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
  /** Since when it is to be done. */
  dueFrom: timestamp,
  parkedBy: z.enum(PARKED_BY).nullable(),
  /** What a contract refused it with, when that was first seen, and the chain's head then. */
  refusal: z.object({ name: z.string(), block: safeInteger.nullable(), at: z.coerce.date() }).nullable(),
});
export type Job = z.infer<typeof jobSchema>;

const keySchema = z.object({ key: z.string() });

/** Of a row of `relayer.jobs`. */
export const JOB_COLUMNS = `key, kind, chain_id AS "chainId", request_id AS "requestId", state, outcome, attempts, code, reason,
  created_at AS "createdAt", updated_at AS "updatedAt", due_from AS "dueFrom", parked_by AS "parkedBy", refusal`;

/** What changes of a job that is to be done from now on, as a part of an UPDATE. */
export const DUE_NOW = "due_from = now(), due_at = now(), failures = 0, updated_at = now()";

/** A job's name. A step is done once per request and chain, so that is its identity. */
export const jobKey = ({ kind, chainId, requestId }: JobSubject): string => `${kind}:${chainId}:${requestId}`;

/** A job to be stored. */
export interface NewJob extends JobSubject {
  /** Where it waits: in a lane, or with its kind, which it does unless given. */
  readonly queue?: string | undefined;
  /** The higher, the sooner; 0 unless given. */
  readonly priority?: number | undefined;
}

/** Stores jobs. Those that exist stay as they are, in whatever state. */
export async function insertJobs(tx: Queryable, jobs: readonly NewJob[]): Promise<void> {
  if (jobs.length === 0) return;
  await tx.query(
    `INSERT INTO relayer.jobs (key, kind, chain_id, request_id, sender, hospital, queue, priority, due_from, due_at)
     SELECT n.key, n.kind, n.chain_id, n.request_id, n.sender, n.hospital, n.queue, n.priority, n.due, n.due
       FROM (SELECT *, now() + make_interval(secs => u.wait) AS due
               FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::float8[])
                 AS u (key, kind, chain_id, request_id, sender, hospital, queue, priority, wait)) AS n
         ON CONFLICT DO NOTHING`,
    [
      jobs.map(jobKey),
      jobs.map(({ kind }) => kind),
      jobs.map(({ chainId }) => String(chainId)),
      jobs.map(({ requestId }) => requestId),
      jobs.map(({ sender }) => sender ?? null),
      jobs.map(({ hospital }) => hospital ?? null),
      jobs.map(({ queue, kind }) => queue ?? kind),
      jobs.map(({ priority }) => priority ?? 0),
      jobs.map(({ waitSeconds }) => waitSeconds ?? 0),
    ],
  );
}

/** Which of these jobs there are, in whatever state. */
export async function knownJobs(db: Queryable, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const rows = await db.query("SELECT key FROM relayer.jobs WHERE key = ANY($1::text[])", [keys]);
  return new Set(parseRows(keySchema, rows).map(({ key }) => key));
}

const requestSchema = z.object({ request_id: z.string() });

/** Which of these requests have a job that is due or under way, and has not failed. */
export async function requestsAtWork(db: Queryable, requestIds: readonly Hex32[]): Promise<Set<string>> {
  if (requestIds.length === 0) return new Set();
  const rows = await db.query(
    "SELECT DISTINCT request_id FROM relayer.jobs WHERE request_id = ANY($1::text[]) AND state = 'pending' AND code IS NULL",
    [requestIds],
  );
  return new Set(parseRows(requestSchema, rows).map(({ request_id }) => request_id));
}

/** Makes a job that is parked or held pending, with a new deadline; undefined when it is neither. */
export async function unparkJob(tx: Queryable, key: string): Promise<JobKind | undefined> {
  const rows = await tx.query(
    `UPDATE relayer.jobs
        SET state = 'pending', parked_by = NULL, refusal = NULL, crashes = 0, ${DUE_NOW}
      WHERE key = $1 AND state IN ('parked', 'held') RETURNING kind`,
    [key],
  );
  return parseRows(jobSchema.pick({ kind: true }), rows)[0]?.kind;
}

/** Parks a job that is pending or held, for a reason that a person gives; false when it is neither. */
export async function parkJob(tx: Queryable, key: string, reason: string): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE relayer.jobs SET state = 'parked', parked_by = 'person', code = 'JOB_PARKED', reason = $2, updated_at = now()
      WHERE key = $1 AND state IN ('pending', 'held') RETURNING key`,
    [key, reason],
  );
  return rows.length === 1;
}

/**
 * Makes held jobs pending whose lane is no longer paused here. A lane that its chain has paused is found out by trying, so the
 * tries are `afterSeconds` apart.
 */
export async function releaseHeld(db: Queryable, afterSeconds: number): Promise<void> {
  await db.query(
    `UPDATE relayer.jobs SET state = 'pending', due_at = now(), failures = 0, updated_at = now()
      WHERE state = 'held' AND updated_at <= now() - make_interval(secs => $1) AND NOT EXISTS (
        SELECT 1 FROM relayer.requests r JOIN relayer.paused_lanes p
            ON p.source_chain_id = r.source_chain_id AND p.destination_chain_id = r.destination_chain_id
         WHERE r.request_id = relayer.jobs.request_id)`,
    [afterSeconds],
  );
}

const waitingSchema = z.object({ hospital: z.string(), sender: z.string(), count: safeInteger });

/** How many pending jobs the members of these hospitals have; a hospital is "" where it is not known. */
export async function countWaiting(
  db: Queryable,
  hospitals: readonly string[],
): Promise<z.infer<typeof waitingSchema>[]> {
  const rows = await db.query(
    `SELECT coalesce(hospital, '') AS hospital, sender, count(*) AS count FROM relayer.jobs
      WHERE state = 'pending' AND sender IS NOT NULL AND coalesce(hospital, '') = ANY($1::text[]) GROUP BY 1, 2`,
    [hospitals],
  );
  return parseRows(waitingSchema, rows);
}

/** Of the limit of pending jobs, what one hospital's, and what one member's, can make up. */
const PART_OF_HOSPITAL = 8;
const PART_OF_MEMBER = 32;
/** So many times the limit is too much whosever the jobs are: what they cost is everybody's. */
const TIMES_LIMIT = 16;

/**
 * Whether so many jobs are pending that no more should be read. One hospital's make up at most an eighth of the limit, and one member's a
 * 32nd, so that nobody alone keeps the others' from being read; but sixteen times the limit are too many, whosever they are.
 */
export async function isBacklogFull(db: Queryable, limit: number): Promise<boolean> {
  const countSchema = z.object({ count: safeInteger });
  const all = await db.query(
    "SELECT count(*) AS count FROM (SELECT 1 FROM relayer.jobs WHERE state = 'pending' LIMIT $1) AS pending",
    [limit],
  );
  if ((parseRows(countSchema, all)[0]?.count ?? 0) < limit) return false; // the cheap question first
  const rows = await db.query(
    `WITH members AS (
       SELECT coalesce(hospital, '') AS hospital, sender, count(*) AS jobs FROM relayer.jobs WHERE state = 'pending' GROUP BY 1, 2),
     parts AS (
       SELECT least(sum(least(jobs, $2::bigint)), $1::bigint) AS jobs FROM members WHERE sender IS NOT NULL GROUP BY hospital
       UNION ALL SELECT jobs FROM members WHERE sender IS NULL)
     SELECT coalesce(sum(jobs), 0)::bigint AS count, (SELECT coalesce(sum(jobs), 0)::bigint FROM members) AS total FROM parts`,
    [Math.max(1, Math.floor(limit / PART_OF_HOSPITAL)), Math.max(1, Math.floor(limit / PART_OF_MEMBER))],
  );
  const [found] = parseRows(countSchema.extend({ total: safeInteger }), rows);
  return found !== undefined && (found.count >= limit || found.total >= TIMES_LIMIT * limit);
}

/**
 * Makes jobs pending that a chain shows to be open: done ones whose work was undone, and those that a contract's refusal parked a while
 * ago, whose cause may have passed. What poison, crashes or a person parked stays.
 *
 * @param parkedSeconds for how long a refusal is left alone
 */
export async function reopenJobs(tx: Queryable, keys: readonly string[], parkedSeconds: number): Promise<void> {
  await tx.query(
    `UPDATE relayer.jobs
        SET state = 'pending', outcome = NULL, parked_by = NULL, refusal = NULL, ${DUE_NOW}
      WHERE key = ANY($1::text[]) AND (state = 'done'
         OR state = 'parked' AND parked_by = 'refusal' AND updated_at <= now() - make_interval(secs => $2))`,
    [keys, parkedSeconds],
  );
}

/** Makes jobs pending that are held, or parked, but by a person: what they stopped at was replaced. */
export async function reviveJobs(tx: Queryable, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await tx.query(
    `UPDATE relayer.jobs
        SET state = 'pending', parked_by = NULL, refusal = NULL, crashes = 0, ${DUE_NOW}
      WHERE key = ANY($1::text[]) AND state IN ('held', 'parked') AND parked_by IS DISTINCT FROM 'person'`,
    [keys],
  );
}

/** Ends jobs that a refusal parked, and whose request has ended on both chains since: there is nothing left to try. */
export async function endParked(db: Queryable): Promise<void> {
  await db.query(
    `UPDATE relayer.jobs j SET state = 'done', outcome = 'expired', parked_by = NULL, updated_at = now()
       FROM relayer.requests r
      WHERE j.state = 'parked' AND j.parked_by = 'refusal' AND r.request_id = j.request_id
        AND r.source_ended AND r.destination_ended`,
  );
}

/** Jobs in a state, oldest first. */
export async function jobsIn(db: Queryable, state: JobState, limit = 1_000): Promise<Job[]> {
  const rows = await db.query(
    `SELECT ${JOB_COLUMNS} FROM relayer.jobs WHERE state = $1 ORDER BY created_at, key LIMIT $2`,
    [state, limit],
  );
  return parseRows(jobSchema, rows);
}

/** The jobs of these keys that there are, oldest first. */
export async function readJobs(db: Queryable, keys: readonly string[]): Promise<Job[]> {
  if (keys.length === 0) return [];
  const rows = await db.query(
    `SELECT ${JOB_COLUMNS} FROM relayer.jobs WHERE key = ANY($1::text[]) ORDER BY created_at, key`,
    [keys],
  );
  return parseRows(jobSchema, rows);
}

/** All jobs of a request, oldest first. */
export async function jobsOf(db: Queryable, requestId: Hex32): Promise<Job[]> {
  return parseRows(
    jobSchema,
    await db.query(`SELECT ${JOB_COLUMNS} FROM relayer.jobs WHERE request_id = $1 ORDER BY created_at, key`, [
      requestId,
    ]),
  );
}

const countSchema = z.object({
  kind: z.enum(JOB_KINDS),
  state: z.enum(JOB_STATES),
  code: z.string().nullable(),
  count: safeInteger,
});

/** How many jobs of each kind are in each state, by the code of their last failure; what there is none of is left out. */
export async function countJobs(db: Queryable): Promise<z.infer<typeof countSchema>[]> {
  return parseRows(
    countSchema,
    await db.query(
      "SELECT kind, state, code, count(*) AS count FROM relayer.jobs GROUP BY kind, state, code ORDER BY kind, state, code",
    ),
  );
}

/** As `countJobs`, of those that are not done: an index has them, however many are. */
export async function countOpenJobs(db: Queryable): Promise<z.infer<typeof countSchema>[]> {
  return parseRows(
    countSchema,
    await db.query(
      "SELECT kind, state, code, count(*) AS count FROM relayer.jobs WHERE state <> 'done' GROUP BY kind, state, code",
    ),
  );
}

const parkedSchema = countSchema.pick({ code: true, count: true }).extend({ parkedBy: z.enum(PARKED_BY) });

/** How many jobs are parked, by who or what parked them, and their code. */
export async function countParked(db: Queryable): Promise<z.infer<typeof parkedSchema>[]> {
  return parseRows(
    parkedSchema,
    await db.query(
      `SELECT parked_by AS "parkedBy", code, count(*) AS count FROM relayer.jobs WHERE state = 'parked' GROUP BY parked_by, code`,
    ),
  );
}

/** Failures that a member's own fault, or a peer's configuration, makes: however old, they say nothing about this relayer. */
const OF_OTHERS = `'CONTENT_NOT_FOUND', 'CERTIFICATE_INVALID', 'REQUEST_NOT_FILED', 'CONFIG_INVALID', 'CHAIN_REVERTED',
  'SHARE_MISSING', 'SHARE_INVALID'`;

/** Since when the oldest pending job is due that does not wait for what another has to do; undefined when there is none. */
export async function oldestPending(db: Queryable): Promise<Date | undefined> {
  const rows = await db.query(
    `SELECT min(due_from) AS "createdAt" FROM relayer.jobs
      WHERE state = 'pending' AND (code IS NULL OR code NOT IN (${OF_OTHERS}))`,
  );
  return parseRows(z.object({ createdAt: timestamp.nullable() }), rows)[0]?.createdAt ?? undefined;
}
