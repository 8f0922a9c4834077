import { coalesce } from "../concurrency/coalesce.ts";
import type { RetryConfig } from "../config/schema.ts";
import type { Database } from "../database/database.ts";
import { type Ended, endAttempts, type Job, startAttempts } from "../database/jobs.ts";
import { failureOf } from "../observe/failure.ts";
import type { JobKind, JobOutcome, Observer } from "../observe/observer.ts";
import type { Attempt, AttemptJobs } from "./queue.ts";

/** Does a job's work once. Throws a MedexError whose `retriable` decides between a further attempt and parking. */
export type Handler = (job: Job) => Promise<JobOutcome>;

/** Ends that come close together are stored together. */
const STORE_DELAY_MS = 10;

/** What is waited for however long it takes: no attempt is counted against it. */
const WAITS_FOR: ReadonlySet<string> = new Set(["LANE_PAUSED", "REQUEST_RATE_EXCEEDED"]);

export interface AttemptOptions {
  readonly handlers: Record<JobKind, Handler>;
  readonly database: Database;
  readonly retry: RetryConfig;
  readonly observe: Observer;
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
      const jobs = await startAttempts(
        database,
        due.map(({ key }) => key),
      );
      const byKey = new Map(jobs.map((job) => [job.key, job]));
      return await Promise.all(
        due.map(async ({ key, last }): Promise<Attempt> => {
          const job = byKey.get(key);
          if (!job) return "finished"; // done, parked or held meanwhile
          return attempt(options, job, last, store).catch((error: unknown) => {
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

async function attempt(
  { handlers, retry, observe }: AttemptOptions,
  job: Job,
  last: boolean,
  store: (ended: Ended) => Promise<void>,
): Promise<Attempt> {
  const { key, kind, chainId, requestId, attempts } = job;
  const fields = { kind, chainId, requestId, attempts };
  const started = performance.now();
  let outcome: JobOutcome;
  try {
    outcome = await handlers[kind](job);
  } catch (error) {
    const failure = failureOf(error);
    const { code, message } = failure;
    if (WAITS_FOR.has(code)) {
      await store({ key, state: "held", failure });
      observe({ type: "job-deferred", ...fields, code, message });
      return "finished";
    }
    const late = Date.now() - job.dueFrom.getTime() > retry.deadlineSeconds * 1_000;
    const parked = !failure.retriable || last || late;
    await store({ key, state: parked ? "parked" : "pending", failure });
    observe({ type: parked ? "job-parked" : "job-deferred", ...fields, code, message });
    return parked ? "parked" : "again";
  }
  await store({ key, state: "done", outcome });
  observe({ type: "job-done", ...fields, outcome, ms: Math.round(performance.now() - started) });
  return "finished";
}
