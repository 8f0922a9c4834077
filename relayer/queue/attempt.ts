import { setTimeout as sleep } from "node:timers/promises";
import type { ContractRefusal } from "@medexchain/chain";
import { coalesce } from "../concurrency/coalesce.ts";
import { suspectsAmong } from "../database/crashes.ts";
import type { Database } from "../database/database.ts";
import { type AttemptBy, type Ended, endAttempts, type Job, jobsElsewhere, startAttempts } from "../database/jobs.ts";
import { isOver } from "../database/requests.ts";
import { failureOf } from "../observe/failure.ts";
import { JOB_KINDS, type JobKind, type JobOutcome, type Observer } from "../observe/observer.ts";
import type { SecondOpinion } from "../rpc/confirm-refusal.ts";
import { runAs } from "./current-job.ts";
import { sharePlaces } from "./places.ts";
import type { Attempt, Attempts, DueJob } from "./queue.ts";
import { takeTurns } from "./turns.ts";
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
  /** What a chain's other nodes say of a refusal. */
  confirm(refusal: ContractRefusal): Promise<SecondOpinion>;
  failedToStore(error: unknown): void;
  /** How many jobs of a kind may run at once. */
  readonly concurrency: number;
  /** Names this run among all that use the database, and says after how many deaths a job is given up. */
  readonly by: AttemptBy;
}

/** A job whose content is slow to come, or which waits for a receipt, goes on; what was fetched with it does not wait for it. */
const SLOW_MS = 3_000;

/**
 * Makes the queue's worker: runs the handler of each job's kind and stores how it ended before pg-boss learns of it, so that a crash
 * in between means one attempt too many, never one too few. A slow job is told to the queue as one to come again, and met there as one
 * that still runs, so that it holds up nobody who was fetched together with it.
 */
export function attemptWith(options: AttemptOptions): Attempts {
  const { database, failedToStore, by } = options;
  const store = coalesce<Ended, void>(async (ended) => {
    await endAttempts(database, ended);
    return ended.map(() => undefined);
  }, STORE_DELAY_MS);
  const failed = (error: unknown): Attempt => {
    failedToStore(error);
    return "again";
  };
  const running = new Map<string, Promise<Attempt>>();
  const places = new Map(JOB_KINDS.map((kind) => [kind, sharePlaces(options.concurrency)]));
  const begin = (job: Job, leave: () => void): void => {
    const ending = attempt(options, job, store)
      .catch(failed)
      .finally(() => {
        running.delete(job.key);
        leave();
      });
    running.set(job.key, ending);
  };
  // Where several have died with the process, one of them did it: the next death tells which.
  const alone = takeTurns();

  /** Begins those that have a place and do not run yet. */
  const beginAll = async (due: readonly DueJob[]): Promise<Set<string>> => {
    const refused = new Set<string>();
    const leaves = new Map<string, () => void>();
    for (const { key, kind, sender, hospital } of due) {
      if (running.has(key) || leaves.has(key)) continue;
      const leave = places.get(kind)?.take(sender === undefined ? undefined : { member: sender, hospital });
      if (leave) leaves.set(key, leave);
      else refused.add(key);
    }
    try {
      for (const job of await startAttempts(database, [...leaves.keys()], by)) {
        begin(job, leaves.get(job.key) ?? (() => undefined));
        leaves.delete(job.key);
      }
      for (const key of await jobsElsewhere(database, [...leaves.keys()], by.run)) refused.add(key);
    } finally {
      for (const leave of leaves.values()) leave(); // done, parked, held, or begun elsewhere meanwhile
    }
    return refused;
  };
  const outcomeOf = async (key: string, refused: ReadonlySet<string>): Promise<Attempt> => {
    if (refused.has(key)) return "again";
    const ending = running.get(key);
    if (!ending) return "finished";
    const timer = new AbortController();
    const slow = sleep(SLOW_MS, "again" as const, { signal: timer.signal }).catch(() => "again" as const);
    try {
      return await Promise.race([ending, slow]);
    } finally {
      timer.abort();
    }
  };
  const attemptAlone = (job: DueJob): Promise<Attempt> =>
    alone(async () => outcomeOf(job.key, await beginAll([job]))).catch(failed);

  return {
    attempt: async (due) => {
      try {
        const keys = due.map(({ key }) => key);
        const suspects = new Set(await suspectsAmong(database, keys, by.run));
        const refused = await beginAll(due.filter(({ key }) => !suspects.has(key)));
        return await Promise.all(
          due.map((job) => (suspects.has(job.key) ? attemptAlone(job) : outcomeOf(job.key, refused))),
        );
      } catch (error) {
        return due.map(() => failed(error));
      }
    },
    idle: async () => {
      await Promise.all(running.values());
    },
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
  if (job.state === "parked") {
    observe({ type: "job-parked", ...fields, code: "JOB_CRASHES", message: job.reason ?? "" });
    return "finished";
  }
  let outcome: JobOutcome;
  try {
    outcome = await runAs(job, () => handlers[kind](job));
  } catch (error) {
    // What fails is tried until its request has ended.
    if (await isOver(options.database, job)) return done("expired");
    const verdict = await judge(error, job, options.headOf, options.confirm);
    const failure = failureOf(error);
    const { code, message } = failure;
    await store({ key, failure, ...verdict });
    observe({ type: verdict.state === "parked" ? "job-parked" : "job-deferred", ...fields, code, message });
    return verdict.state === "pending" ? "failed" : "finished";
  }
  return done(outcome);
}
