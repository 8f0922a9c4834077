import { coalesce } from "../concurrency/coalesce.ts";
import type { Database } from "../database/database.ts";
import { type Ended, endAttempts, type Job, startAttempts } from "../database/jobs.ts";
import { isOver } from "../database/requests.ts";
import { failureOf } from "../observe/failure.ts";
import type { JobKind, JobOutcome, Observer } from "../observe/observer.ts";
import type { Attempt, AttemptJobs } from "./queue.ts";
import { judge } from "./verdict.ts";

/** Does a job's work once. What it throws is judged by `judge`. */
export type Handler = (job: Job) => Promise<JobOutcome>;

/** Ends that come close together are stored together. */
const STORE_DELAY_MS = 10;

export interface AttemptOptions {
  readonly handlers: Record<JobKind, Handler>;
  readonly database: Database;
  readonly observe: Observer;
  /** Number of a chain's latest block; undefined where its node does not say. */
  headOf(chainId: bigint): Promise<number | undefined>;
  failedToStore(error: unknown): void;
}

/**
 * Makes the queue's worker: runs the handler of each job's kind and stores how it ended before pg-boss learns of it, so that a crash
 * in between means one attempt too many, never one too few.
 */
export function attemptWith(options: AttemptOptions): AttemptJobs {
  const { database, failedToStore } = options;
  const store = coalesce<Ended, void>(async (ended) => {
    await endAttempts(database, ended);
    return ended.map(() => undefined);
  }, STORE_DELAY_MS);
  return async (due) => {
    try {
      const jobs = await startAttempts(database, due);
      const byKey = new Map(jobs.map((job) => [job.key, job]));
      return await Promise.all(
        due.map(async (key): Promise<Attempt> => {
          const job = byKey.get(key);
          if (!job) return "finished"; // done, parked or held meanwhile
          return attempt(options, job, store).catch((error: unknown) => {
            failedToStore(error);
            return "again";
          });
        }),
      );
    } catch (error) {
      failedToStore(error);
      return due.map(() => "again");
    }
  };
}

async function attempt(options: AttemptOptions, job: Job, store: (ended: Ended) => Promise<void>): Promise<Attempt> {
  const { handlers, observe } = options;
  const { key, kind, chainId, requestId, attempts } = job;
  const fields = { kind, chainId, requestId, attempts };
  const started = performance.now();
  const done = async (outcome: JobOutcome): Promise<Attempt> => {
    await store({ key, state: "done", outcome });
    observe({ type: "job-done", ...fields, outcome, ms: Math.round(performance.now() - started) });
    return "finished";
  };
  let outcome: JobOutcome;
  try {
    outcome = await handlers[kind](job);
  } catch (error) {
    // What fails is tried until its request has ended.
    if (await isOver(options.database, job)) return done("expired");
    const verdict = await judge(error, job, options.headOf);
    const failure = failureOf(error);
    const { code, message } = failure;
    await store({ key, failure, ...verdict });
    observe({ type: verdict.state === "parked" ? "job-parked" : "job-deferred", ...fields, code, message });
    return verdict.state === "pending" ? "again" : "finished";
  }
  return done(outcome);
}
