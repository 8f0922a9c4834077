import { z } from "zod";
import type { Hex32 } from "../../offchain/chain/index.ts";
import type { Failure } from "../failure.ts";
import { JOB_KINDS, type JobKind, type JobOutcome } from "../observer.ts";
import { hex32, int8, safeInteger, timestamp } from "./columns.ts";
import { parseRows, type Queryable } from "./database.ts";

export const JOB_STATES = ["pending", "done", "parked"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** What is to be done: a kind of work for one request, for what happened, or has to happen, on `chainId`. */
export interface JobSubject {
  readonly kind: JobKind;
  readonly chainId: bigint;
  readonly requestId: Hex32;
}

const jobSchema = z.object({
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
});
export type Job = z.infer<typeof jobSchema>;

const COLUMNS = `key, kind, chain_id AS "chainId", request_id AS "requestId", state, outcome, attempts, code, reason,
  created_at AS "createdAt", updated_at AS "updatedAt"`;

/** A job's name. A step is done once per request and chain, so that is its identity. */
export const jobKey = ({ kind, chainId, requestId }: JobSubject): string => `${kind}:${chainId}:${requestId}`;

/** Stores a job. Returns false, and changes nothing, when it exists in whatever state. */
export async function insertJob(tx: Queryable, subject: JobSubject): Promise<boolean> {
  const { kind, chainId, requestId } = subject;
  const inserted = await tx.query(
    `INSERT INTO relayer.jobs (key, kind, chain_id, request_id) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING RETURNING key`,
    [jobKey(subject), kind, chainId, requestId],
  );
  return inserted.length === 1;
}

/** Counts an attempt at a pending job and returns it; undefined when it is not pending. */
export async function startAttempt(db: Queryable, key: string): Promise<Job | undefined> {
  const rows = await db.query(
    `UPDATE relayer.jobs SET attempts = attempts + 1, updated_at = now() WHERE key = $1 AND state = 'pending'
       RETURNING ${COLUMNS}`,
    [key],
  );
  return parseRows(jobSchema, rows)[0];
}

export async function finishJob(db: Queryable, key: string, outcome: JobOutcome): Promise<void> {
  await db.query(
    `UPDATE relayer.jobs SET state = 'done', outcome = $2, code = NULL, reason = NULL, updated_at = now() WHERE key = $1`,
    [key, outcome],
  );
}

/** Notes why an attempt failed; `parked` when there will be no further one by itself. */
export async function failJob(
  db: Queryable,
  key: string,
  failure: Failure,
  state: "pending" | "parked",
): Promise<void> {
  await db.query("UPDATE relayer.jobs SET state = $2, code = $3, reason = $4, updated_at = now() WHERE key = $1", [
    key,
    state,
    failure.code,
    failure.message,
  ]);
}

/** Makes a parked job pending; false when it is not parked. */
export async function unparkJob(tx: Queryable, key: string): Promise<JobKind | undefined> {
  const rows = await tx.query(
    "UPDATE relayer.jobs SET state = 'pending', updated_at = now() WHERE key = $1 AND state = 'parked' RETURNING kind",
    [key],
  );
  return parseRows(jobSchema.pick({ kind: true }), rows)[0]?.kind;
}

/** All jobs in a state, oldest first. */
export async function jobsIn(db: Queryable, state: JobState): Promise<Job[]> {
  return parseRows(
    jobSchema,
    await db.query(`SELECT ${COLUMNS} FROM relayer.jobs WHERE state = $1 ORDER BY created_at, key`, [state]),
  );
}

/** All jobs of a request, oldest first. */
export async function jobsOf(db: Queryable, requestId: Hex32): Promise<Job[]> {
  return parseRows(
    jobSchema,
    await db.query(`SELECT ${COLUMNS} FROM relayer.jobs WHERE request_id = $1 ORDER BY created_at, key`, [requestId]),
  );
}

const countSchema = z.object({ kind: z.enum(JOB_KINDS), state: z.enum(JOB_STATES), count: safeInteger });

/** How many jobs of each kind are in each state; kinds and states without any are left out. */
export async function countJobs(db: Queryable): Promise<z.infer<typeof countSchema>[]> {
  return parseRows(
    countSchema,
    await db.query("SELECT kind, state, count(*) AS count FROM relayer.jobs GROUP BY kind, state ORDER BY kind, state"),
  );
}

/** When the oldest pending job was made; undefined when none is pending. */
export async function oldestPending(db: Queryable): Promise<Date | undefined> {
  const rows = await db.query(`SELECT min(created_at) AS "createdAt" FROM relayer.jobs WHERE state = 'pending'`);
  return parseRows(z.object({ createdAt: timestamp.nullable() }), rows)[0]?.createdAt ?? undefined;
}
