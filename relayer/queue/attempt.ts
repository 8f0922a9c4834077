import type { Database } from "../database/database.ts";
import { failJob, finishJob, type Job, startAttempt } from "../database/jobs.ts";
import { failureOf } from "../failure.ts";
import type { JobKind, JobOutcome, Observer } from "../observer.ts";
import type { AttemptJob } from "./queue.ts";

/** Does a job's work once. Throws a MedexError whose `retriable` decides between a further attempt and parking. */
export type Handler = (job: Job) => Promise<JobOutcome>;

/**
 * Makes the queue's worker: runs the handler of a job's kind and stores how it ended before pg-boss learns of it, so that a crash
 * in between means one attempt too many, never one too few.
 */
export function attemptWith(
  handlers: Record<JobKind, Handler>,
  database: Database,
  observe: Observer,
  failedToStore: (error: unknown) => void,
): AttemptJob {
  return async (key, last) => {
    try {
      const job = await startAttempt(database, key);
      if (!job) return "finished"; // done or parked meanwhile
      return await attempt(handlers[job.kind], job, last, database, observe);
    } catch (error) {
      failedToStore(error);
      return "again";
    }
  };
}

async function attempt(
  handle: Handler,
  job: Job,
  last: boolean,
  database: Database,
  observe: Observer,
): Promise<"finished" | "again" | "parked"> {
  const { key, kind, chainId, requestId, attempts } = job;
  const fields = { kind, chainId, requestId, attempts };
  const started = performance.now();
  let outcome: JobOutcome;
  try {
    outcome = await handle(job);
  } catch (error) {
    const failure = failureOf(error);
    const { code, message } = failure;
    const parked = !failure.retriable || last;
    await failJob(database, key, failure, parked ? "parked" : "pending");
    observe({ type: parked ? "job-parked" : "job-deferred", ...fields, code, message });
    return parked ? "parked" : "again";
  }
  await finishJob(database, key, outcome);
  observe({ type: "job-done", ...fields, outcome, ms: Math.round(performance.now() - started) });
  return "finished";
}
