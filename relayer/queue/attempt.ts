import type { ContractRefusal } from "@medexchain/chain";
import { coalesce } from "../concurrency/coalesce.ts";
import type { RetryConfig } from "../config/schema.ts";
import { type AttemptBy, type DueJob, dueJobs, type Ended, endAttempts, startAttempts } from "../database/attempts.ts";
import { ALONE_FROM, giveBack } from "../database/crashes.ts";
import type { Database } from "../database/database.ts";
import type { Job } from "../database/jobs.ts";
import { isOver } from "../database/requests.ts";
import { failureOf } from "../observe/failure.ts";
import type { JobKind, JobOutcome, Observer } from "../observe/observer.ts";
import type { SecondOpinion } from "../rpc/confirm-refusal.ts";
import { runAs } from "./current-job.ts";
import { type Places, type Sender, sharePlaces } from "./places.ts";
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
  /** How long a job that failed waits. */
  readonly retry: Pick<RetryConfig, "delaySeconds" | "maxDelaySeconds">;
  /** Names this run among all that use the database, and says after how many deaths a job is given up. */
  readonly by: AttemptBy;
}

/** How long after a start what earlier runs died at waits for the others. */
const SUSPECTS_AFTER_MS = 2_000;
/** Jobs that are looked for at once. */
const AT_ONCE = 128;

/** Attempts at jobs. */
export interface Attempts {
  /**
   * Begins jobs of a kind that are due in a queue, as many as have a place.
   *
   * @returns whether others may be left that had none
   */
  begin(queue: string, kind: JobKind): Promise<boolean>;
  /** Resolves when an attempt at a job of a kind next ends. */
  freed(kind: JobKind): Promise<void>;
  /** Gives back what dead runs were at, and what was done here and could not be stored. Returns how many jobs. */
  recover(): Promise<number>;
  /** Resolves when none runs that runs now. */
  idle(): Promise<void>;
}

/** What runs of a kind. */
interface Running {
  count: number;
  readonly places: Places;
  freed: PromiseWithResolvers<void>;
}

/** A job that is due and has its place. */
interface Placed extends DueJob {
  readonly leave: () => void;
}

/**
 * Makes what does the queue's jobs: takes those that are due, as places allow, runs the handler of their kind, and stores how it ended. A crash in
 * between means one attempt too many, never one too few. A slow job has its place, and holds up nobody else.
 */
export function attemptWith(options: AttemptOptions): Attempts {
  const { database, failedToStore, by, concurrency, retry } = options;
  const store = coalesce<Ended, void>(async (ended) => {
    await endAttempts(database, ended, retry);
    return ended.map(() => undefined);
  }, STORE_DELAY_MS);
  const begun = (): Running => ({
    count: 0,
    places: sharePlaces(concurrency),
    freed: Promise.withResolvers<void>(),
  });
  const kinds = new Map<JobKind, Running>();
  const runningOf = (kind: JobKind): Running => {
    const running = kinds.get(kind) ?? begun();
    kinds.set(kind, running);
    return running;
  };
  /** By key, from before the database says that this run is at it until it says how that ended. */
  const held = new Map<string, Promise<void>>();
  const startedAt = performance.now();
  // Where several have died with the process, one of them did it: the next death tells which.
  const alone = takeTurns();

  const hold = (running: Running, { key, leave }: Placed, ending: Promise<unknown>): void => {
    running.count += 1;
    const ended = ending.catch(failedToStore).then(() => {
      held.delete(key);
      leave();
      running.count -= 1;
      setImmediate(running.freed.resolve); // several end together
      running.freed = Promise.withResolvers();
    });
    held.set(key, ended);
  };
  /** Resolves when they are begun, but for those that another run was quicker to begin. */
  const start = async (running: Running, jobs: readonly Placed[]): Promise<void> => {
    const keys = jobs.map(({ key }) => key);
    const starting = startAttempts(database, keys, by).then((found) => new Map(found.map((job) => [job.key, job])));
    const attempted = starting.catch(() => new Map<string, Job>()); // whoever asked for them is told
    for (const placed of jobs) {
      const ending = attempted.then((found) => {
        const job = found.get(placed.key);
        return job && attempt(options, job, store);
      });
      hold(running, placed, ending);
    }
    await starting;
  };
  const startAlone = (running: Running, placed: Placed): void => {
    const ending = alone(async () => {
      const [job] = await startAttempts(database, [placed.key], by);
      if (job) await attempt(options, job, store);
    });
    hold(running, placed, ending);
  };

  return {
    begin: async (queue, kind) => {
      const running = runningOf(kind);
      const { places } = running;
      for (;;) {
        const room = Math.min(AT_ONCE, concurrency - running.count);
        if (room <= 0) return true;
        const full = places.full();
        const suspects = performance.now() - startedAt < SUSPECTS_AFTER_MS;
        const due = await dueJobs(database, queue, { ...full, suspects }, room);
        const fresh = due.filter(({ key }) => !held.has(key));
        const placed = fresh.flatMap((job) => {
          const leave = places.take(senderOf(job));
          return leave ? [{ ...job, leave }] : [];
        });
        for (const job of placed) if (job.crashes >= ALONE_FROM) startAlone(running, job);
        await start(
          running,
          placed.filter(({ crashes }) => crashes < ALONE_FROM),
        );
        if (placed.length > 0 && due.length === room) continue;
        return placed.length < fresh.length || full.hospitals.length + full.members.length > 0;
      }
    },
    freed: (kind) => runningOf(kind).freed.promise,
    recover: () => giveBack(database, { run: by.run, held: [...held.keys()], exclusive: database.exclusive }),
    idle: async () => {
      await Promise.all(held.values());
    },
  };
}

const senderOf = ({ sender, hospital }: DueJob): Sender | undefined =>
  sender === null ? undefined : { member: sender, hospital: hospital ?? undefined };

async function attempt(options: AttemptOptions, job: Job, store: (ended: Ended) => Promise<void>): Promise<void> {
  const { handlers, observe } = options;
  const { key, kind, chainId, requestId, attempts } = job;
  const fields = { kind, chainId, requestId, attempts };
  const started = performance.now();
  const done = async (outcome: JobOutcome): Promise<void> => {
    await store({ key, state: "done", outcome });
    observe({ type: "job-done", ...fields, outcome, ms: Math.round(performance.now() - started) });
  };
  if (job.state === "parked") {
    observe({ type: "job-parked", ...fields, code: "JOB_CRASHES", message: job.reason ?? "" });
    return;
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
    return;
  }
  return done(outcome);
}
