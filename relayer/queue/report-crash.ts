import { blame } from "../database/crashes.ts";
import type { Database } from "../database/database.ts";
import { failureOf } from "../observe/failure.ts";
import type { Observer } from "../observe/observer.ts";
import { currentJob } from "./current-job.ts";

/**
 * Makes what is called with an error that nobody handles: says at which job it arose, if at any, and stores that, so that the next run does
 * not suspect the others. To be called where the error arrives: a later turn knows no job any more.
 *
 * @param run names this run, as in the jobs' marks
 */
export function crashReporter(database: Database, run: string, observe: Observer): (error: unknown) => Promise<void> {
  return async (error) => {
    const job = currentJob();
    const { code, message } = failureOf(error);
    observe({ type: "crashed", code, message, job: job?.key });
    if (job) await blame(database, job.key, run);
  };
}
