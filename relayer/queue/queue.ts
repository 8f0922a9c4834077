/**
 * Jobs and their delivery. `relayer.jobs` says what is to be done and how it ended; pg-boss says when the next attempt is due,
 * and can be rebuilt from the former at any time.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type JobInsert, type JobResult, type JobWithMetadata, PgBoss } from "pg-boss";
import { z } from "zod";
import { type Loop, startLoop } from "../concurrency/loop.ts";
import type { RetryConfig } from "../config/schema.ts";
import { int8, safeInteger } from "../database/columns.ts";
import { asQueueDb, type Database, parseRows, type Queryable } from "../database/database.ts";
import { countWaiting, insertJobs, type JobSubject, jobKey, unparkJob } from "../database/jobs.ts";
import { failureOf } from "../observe/failure.ts";
import { JOB_KINDS, type JobKind, type Observer } from "../observe/observer.ts";
import { LANE_KINDS, laneOf } from "../share/names.ts";
import { arrangeWork } from "./arrange-work.ts";
import { FETCHERS, looksAt } from "./looks.ts";
import { priorityOf } from "./places.ts";

/** Adds jobs, in the transaction of whatever gave rise to them; nothing happens to those that exist. */
export type Enqueue = (tx: Queryable, subjects: readonly JobSubject[]) => Promise<void>;

/** How one attempt ended, for the queue: with nothing left to deliver, or not yet, or as a failure that another relayer might not meet. */
export type Attempt = "finished" | "again" | "failed";

/** A job that is due, and whose content it works on. */
export interface DueJob {
  readonly key: string;
  readonly kind: JobKind;
  readonly sender: string | undefined;
  /** The sender's. */
  readonly hospital?: string | undefined;
}

export interface Attempts {
  /** Attempts jobs at once, and answers in their order; one that still runs comes again. Must not throw. */
  attempt(due: readonly DueJob[]): Promise<Attempt[]>;
  /** Resolves when none runs that runs now. */
  idle(): Promise<void>;
}

export interface Queue {
  readonly enqueue: Enqueue;
  /** Makes a parked or held job pending again, with all its attempts; false when it is neither. */
  retry(subject: JobSubject): Promise<boolean>;
  /** Starts to attempt jobs, `concurrency` of a kind fetched at once. */
  work(attempts: Attempts, concurrency: number): Promise<void>;
  /** Takes jobs of these lanes, and of no others. Of no account where no other process uses the database. */
  takeLanes(lanes: ReadonlySet<string>): Promise<void>;
  /** Takes no more jobs until `work` is called again; those that run go on. */
  pause(): Promise<void>;
  /** Delivers pending jobs that are not delivered: made pending by hand, by a rollback, or given up when a process died. */
  rebuild(): Promise<void>;
  /**
   * Takes no more jobs, and lets the running ones finish.
   *
   * @param giveUp is called when they have, or have had long enough: it must end whatever they still wait for
   */
  stop(giveUp: () => void): Promise<void>;
}

/** A process that stops refreshing a job's heartbeat loses it to others after this time; pg-boss's least is 10. */
const HEARTBEAT_SECONDS = 10;
const MONITOR_SECONDS = 5;
const STOP_TIMEOUT_MS = 30_000;
const REBUILD_INTERVAL_MS = 5_000;
/** What fails is tried until its request ends, which no count of attempts knows. */
const RETRIES = 1_000_000;

/** How long after a start what the last run died at waits for the others. */
const SUSPECT_DELAY_SECONDS = 2;
/** Below what any number of waiting jobs makes. */
const SUSPECT_PRIORITY = -1_000;
const FIRST = { ofMember: 0, ofHospital: 0 };

/** A job to be delivered. */
interface Due {
  readonly key: string;
  readonly chainId: bigint;
  readonly sender?: string | null | undefined;
  readonly hospital?: string | null | undefined;
  /** How many of its sender's and its hospital's wait before it. */
  readonly before: Parameters<typeof priorityOf>[0];
  /** Whether a process may have died at it. */
  readonly suspect?: boolean;
  /** Not before so many seconds from now. */
  readonly waitSeconds?: number | undefined;
}

const dataSchema = z.object({ key: z.string(), sender: z.string().optional(), hospital: z.string().optional() });
const lostSchema = z.object({
  key: z.string(),
  kind: z.enum(JOB_KINDS),
  chainId: int8,
  sender: z.string().nullable(),
  hospital: z.string().nullable(),
  ofMember: safeInteger,
  ofHospital: safeInteger,
  suspect: z.boolean(),
  waitSeconds: z.coerce.number(),
});

/** How a queue is shared with other relayers. */
export interface QueueSharing {
  readonly chainIds: readonly bigint[];
  rebuilds(): boolean;
}

/**
 * Opens the queue on the database.
 *
 * @param observe is told of pg-boss's own failures
 * @param sharing which chains' jobs have lanes, where others use the database, and whether it is this relayer that looks for what nobody was given
 * @throws SERVICE_UNREACHABLE, STORAGE_FAILED
 */
export async function openQueue(
  database: Database,
  retry: RetryConfig,
  observe: Observer,
  { chainIds, rebuilds }: QueueSharing = { chainIds: [], rebuilds: () => true },
): Promise<Queue> {
  const failed = (where: string) => (error: unknown) => {
    const { code, message } = failureOf(database.explain(asError(error)));
    observe({ type: "failed", where, code, message });
  };
  // A job is first attempted in its lane, by whoever has that; what fails there, and what has none, is everybody's.
  const allLanes = database.exclusive
    ? []
    : chainIds.flatMap((chainId) => LANE_KINDS.map((kind) => ({ kind, chainId, name: laneOf(kind, chainId) })));
  const boss = await startBoss(database, failed("queue"), [...JOB_KINDS, ...allLanes.map(({ name }) => name)]).catch(
    (error: unknown) => {
      throw database.explain(error);
    },
  );

  const jobOptions: JobInsert = {
    retryLimit: RETRIES,
    retryDelay: retry.delaySeconds,
    retryBackoff: true,
    retryDelayMax: retry.maxDelaySeconds,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    deleteAfterSeconds: 3_600,
  };
  const insert = async (tx: Queryable, name: string, due: readonly Due[]): Promise<void> => {
    const jobs = due.map(({ key, sender, hospital, before, suspect, waitSeconds }) => ({
      ...jobOptions,
      data: { key, ...(sender && { sender }), ...(hospital && { hospital }) },
      // What the process died at does not come first again.
      ...(suspect
        ? { priority: SUSPECT_PRIORITY, startAfter: SUSPECT_DELAY_SECONDS }
        : { priority: sender ? priorityOf(before) : 0, ...(waitSeconds && { startAfter: waitSeconds }) }),
    }));
    if (jobs.length > 0) await boss.insert(name, jobs, { db: asQueueDb(tx) });
  };
  const deliver = async (tx: Queryable, kind: JobKind, due: readonly Due[]): Promise<void> => {
    const lanes = allLanes.filter((lane) => lane.kind === kind);
    for (const { chainId, name } of lanes) {
      await insert(
        tx,
        name,
        due.filter((job) => job.chainId === chainId),
      );
    }
    const others = due.filter(({ chainId }) => !lanes.some((lane) => lane.chainId === chainId));
    await insert(tx, kind, others);
  };

  const rebuilding: Loop = startLoop(
    async () => {
      if (rebuilds()) await rebuild(database, deliver);
      return false;
    },
    REBUILD_INTERVAL_MS,
    failed("queue"),
  );

  const running = new Set<Promise<unknown>>();
  let working: Attempts | undefined;
  const tracked = <T>(task: Promise<T>): Promise<T> => {
    const done = task.finally(() => running.delete(done));
    running.add(done);
    return done;
  };

  let lanes: ReadonlySet<string> = new Set();
  let given: { readonly attempts: Attempts; readonly concurrency: number } | undefined;
  const rearrange = arrangeWork({
    wanted: () => (given ? [...JOB_KINDS, ...lanes] : []),
    begin: async (name) => {
      const lane = allLanes.find((each) => each.name === name);
      if (given) await workAt(name, lane?.kind ?? (name as JobKind), given); // what is wanted and no lane is a kind
    },
    end: (name) => boss.offWork(name, { wait: false }),
  });
  const workAt = async (name: string, kind: JobKind, { attempts, concurrency }: NonNullable<typeof given>) => {
    const isLane = name !== kind;
    const doDue = (jobs: JobWithMetadata<object>[]) =>
      tracked(settle(attempts, kind, jobs, isLane ? handOver(kind) : undefined));
    for (const { fetchers, pollSeconds } of looksAt(kind, isLane, allLanes.length > 0)) {
      await boss.work(
        name,
        {
          includeMetadata: true,
          perJobResults: true,
          batchSize: Math.ceil(concurrency / FETCHERS[kind]),
          localConcurrency: fetchers,
          burstWhenBatchFull: true,
          pollingIntervalSeconds: pollSeconds,
          notifyPollingIntervalSeconds: pollSeconds,
        },
        doDue,
      );
    }
  };
  const handOver =
    (kind: JobKind) =>
    async (failed: readonly DueJob[]): Promise<void> => {
      const due = failed.map((job) => ({ ...job, chainId: 0n, before: FIRST, waitSeconds: retry.delaySeconds }));
      await insert(database, kind, due);
    };

  return {
    enqueue: async (tx, subjects) => {
      const line = await lineUp(tx, subjects);
      const inserted = new Set(await insertJobs(tx, subjects));
      const fresh = subjects.filter((subject) => inserted.has(jobKey(subject))).map(line);
      for (const kind of JOB_KINDS) {
        const due = fresh.filter((job) => job.kind === kind);
        if (due.length > 0) await deliver(tx, kind, due);
      }
    },
    retry: (subject) =>
      database.transaction(async (tx) => {
        const kind = await unparkJob(tx, jobKey(subject));
        if (kind) await deliver(tx, kind, [{ ...subject, key: jobKey(subject), before: FIRST }]);
        return kind !== undefined;
      }),
    rebuild: () => rebuild(database, deliver),
    pause: () =>
      rearrange(() => {
        given = undefined;
      }),
    work: (attempts, concurrency) =>
      rearrange(() => {
        working = attempts;
        given = { attempts, concurrency };
      }),
    takeLanes: (taken) =>
      rearrange(() => {
        lanes = new Set(allLanes.flatMap(({ name }) => (taken.has(name) ? [name] : [])));
      }),
    stop: async (giveUp) => {
      await rebuilding.stop();
      await boss.stop({ graceful: true, timeout: STOP_TIMEOUT_MS });
      await Promise.race([working?.idle(), sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
      giveUp();
      await Promise.all(running);
      await working?.idle();
    },
  };
}

/** Tells of each job, as they come, how many of its sender's and its hospital's wait before it. */
async function lineUp(
  tx: Queryable,
  subjects: readonly JobSubject[],
): Promise<(subject: JobSubject) => Due & JobSubject> {
  const sent = subjects.filter(({ sender }) => sender !== undefined);
  const ofMembers = new Map<string, number>();
  const ofHospitals = new Map<string, number>();
  const add = (sender: string, hospital: string, count: number): void => {
    ofMembers.set(sender, (ofMembers.get(sender) ?? 0) + count);
    ofHospitals.set(hospital, (ofHospitals.get(hospital) ?? 0) + count);
  };
  const hospitals = [...new Set(sent.map(({ hospital = "" }) => hospital))];
  if (hospitals.length > 0) {
    for (const { sender, hospital, count } of await countWaiting(tx, hospitals)) add(sender, hospital, count);
  }
  return (subject) => {
    const { sender = "", hospital = "" } = subject;
    const before = { ofMember: ofMembers.get(sender) ?? 0, ofHospital: ofHospitals.get(hospital) ?? 0 };
    if (subject.sender !== undefined) add(sender, hospital, 1);
    return { ...subject, key: jobKey(subject), before };
  };
}

/** pg-boss hands on some errors as copies, which have an error's members and are none. */
function asError(thrown: unknown): unknown {
  if (thrown instanceof Error || typeof thrown !== "object" || thrown === null || !("message" in thrown)) return thrown;
  return Object.assign(new Error(), thrown);
}

async function startBoss(
  database: Database,
  failed: (error: unknown) => void,
  queues: readonly string[],
): Promise<PgBoss> {
  const boss = new PgBoss({
    ...database.queueOptions,
    schema: "pgboss",
    useListenNotify: true,
    schedule: false,
    superviseIntervalSeconds: MONITOR_SECONDS,
    monitorIntervalSeconds: MONITOR_SECONDS,
  });
  boss.on("error", failed);
  try {
    await boss.start();
    for (const name of queues) {
      await boss.createQueue(name, { notify: true });
      // An exclusive database has no other process that could still be at an active job. This also makes pg-boss remember the queue:
      // asking for it from within a transaction would wait for ever where there is one connection.
      if (database.exclusive) await boss.deleteAllJobs(name);
    }
    return boss;
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => undefined); // why it did not start is what counts
    throw error;
  }
}

/** @param handOver takes what failed, where it is another queue's from then on */
async function settle(
  attempts: Attempts,
  kind: JobKind,
  jobs: readonly JobWithMetadata<object>[],
  handOver: ((failed: readonly DueJob[]) => Promise<void>) | undefined,
): Promise<JobResult[]> {
  const due = jobs.map((job) => {
    const { key, sender, hospital } = dataSchema.parse(job.data);
    return { key, kind, sender, hospital };
  });
  const ended = await attempts.attempt(due);
  const failed = handOver ? due.filter((_job, index) => ended[index] === "failed") : [];
  if (failed.length > 0) await handOver?.(failed);
  const isLeft = (attempt: Attempt = "again") => attempt === "finished" || (handOver && attempt === "failed");
  return jobs.map(({ id }, index) => ({ id, status: isLeft(ended[index]) ? "completed" : "failed" }));
}

/** Delivers pending jobs that pg-boss does not have: it was emptied, or gave them up when a process died. */
async function rebuild(
  database: Database,
  deliver: (tx: Queryable, kind: JobKind, due: readonly Due[]) => Promise<void>,
): Promise<void> {
  await database.transaction(async (tx) => {
    const rows = await tx.query(
      `SELECT j.key, j.kind, j.chain_id AS "chainId", j.sender, j.hospital,
              row_number() OVER (PARTITION BY j.sender ORDER BY j.created_at, j.key) - 1 AS "ofMember",
              row_number() OVER (PARTITION BY coalesce(j.hospital, '') ORDER BY j.created_at, j.key) - 1 AS "ofHospital",
              (j.crashes > 0 OR j.running_by IS NOT NULL) AS suspect,
              greatest(0, extract(epoch FROM j.due_from - now())) AS "waitSeconds" FROM relayer.jobs j
        WHERE j.state = 'pending' AND NOT EXISTS (
          SELECT 1 FROM pgboss.job b
           WHERE b.name IN (j.kind, j.kind || '.' || j.chain_id) AND b.data->>'key' = j.key AND b.state < 'completed')
        ORDER BY suspect, j.created_at`,
    );
    const lost = parseRows(lostSchema, rows);
    for (const kind of JOB_KINDS) {
      const due = lost
        .filter((job) => job.kind === kind)
        .map(({ ofMember, ofHospital, ...job }) => ({ ...job, before: { ofMember, ofHospital } }));
      if (due.length > 0) await deliver(tx, kind, due);
    }
  });
}
