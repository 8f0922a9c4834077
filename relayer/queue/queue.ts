/** The queue: one table, `relayer.jobs`, says what is to be done, when its next attempt is due, which run is at it, and how it ended. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Loop, startLoop, type WakeableLoop } from "../concurrency/loop.ts";
import type { Database, Queryable } from "../database/database.ts";
import { countWaiting, insertJobs, type JobSubject, jobKey, type NewJob, unparkJob } from "../database/jobs.ts";
import { failedIn } from "../observe/failure.ts";
import { JOB_KINDS, type JobKind, type Observer } from "../observe/observer.ts";
import { LANE_KINDS, laneOf } from "../share/names.ts";
import { arrangeWork } from "./arrange-work.ts";
import type { Attempts } from "./attempt.ts";
import { pollMs } from "./looks.ts";
import { priorityOf } from "./places.ts";

/** Adds jobs, in the transaction of whatever gave rise to them; nothing happens to those that exist. */
export type Enqueue = (tx: Queryable, subjects: readonly JobSubject[]) => Promise<void>;

export interface Queue {
  readonly enqueue: Enqueue;
  /** Makes a parked or held job pending again, with all its attempts; false when it is neither. */
  retry(subject: JobSubject): Promise<boolean>;
  /** Starts to attempt jobs. */
  work(attempts: Attempts): Promise<void>;
  /** Takes jobs of these lanes, and of no others. Of no account where no other process uses the database. */
  takeLanes(lanes: ReadonlySet<string>): Promise<void>;
  /** Takes no more jobs until `work` is called again; those that run go on. */
  pause(): Promise<void>;
  /** Looks at once for what became pending without it: by hand, or by a rollback. */
  look(): void;
  /**
   * Takes no more jobs, and lets the running ones finish.
   *
   * @param giveUp is called when they have, or have had long enough: it must end whatever they still wait for
   */
  stop(giveUp: () => void): Promise<void>;
}

const STOP_TIMEOUT_MS = 30_000;
/** How often to look for jobs whose attempt was never stored as ended. */
const RECOVER_INTERVAL_MS = 5_000;
/** After a job is stored, until its transaction is likely to have been committed; where it is not, a poll finds the job. */
const COMMIT_MS = 10;

/**
 * Makes the queue of a database.
 *
 * @param observe is told what fails as jobs are looked for
 * @param chainIds whose jobs have lanes, where others use the database
 */
export function createQueue(database: Database, observe: Observer, chainIds: readonly bigint[] = []): Queue {
  const failed = failedIn("queue", observe);
  // A job is first attempted in its lane, by whoever has that; what fails there, and what has none, is everybody's.
  const allLanes = new Map<string, JobKind>(
    database.exclusive ? [] : chainIds.flatMap((id) => LANE_KINDS.map((kind) => [laneOf(kind, id), kind] as const)),
  );
  const placeOf = ({ kind, chainId }: JobSubject): string => {
    const lane = `${kind}.${chainId}`;
    return allLanes.has(lane) ? lane : kind;
  };

  let working: Attempts | undefined;
  let isPaused = true;
  let lanes: readonly string[] = [];
  let recovering: Loop | undefined;
  const looking = new Map<string, WakeableLoop>();
  const lookAt = (names: Iterable<string>): void => {
    for (const name of names) looking.get(name)?.wake();
  };
  const recover = async (): Promise<boolean> => {
    if (working && (await working.recover()) > 0) lookAt(looking.keys());
    return false;
  };
  const rearrange = arrangeWork({
    wanted: () => (isPaused ? [] : [...JOB_KINDS, ...lanes]),
    begin: async (name) => {
      if (!working) return;
      const lane = allLanes.get(name);
      const kind = lane ?? (name as JobKind); // what is wanted and no lane is a kind
      const everyMs = pollMs(kind, lane !== undefined, allLanes.size > 0);
      looking.set(name, startLooking(working, { name, kind, everyMs, failed }));
    },
    end: async (name) => {
      await looking.get(name)?.stop();
      looking.delete(name);
    },
  });
  const pause = (): Promise<void> =>
    rearrange(() => {
      isPaused = true;
    });

  return {
    enqueue: async (tx, subjects) => {
      const line = await lineUp(tx, subjects);
      const jobs = subjects.map((subject) => ({ ...line(subject), queue: placeOf(subject) }));
      await insertJobs(tx, jobs);
      const names = new Set(jobs.map(({ queue }) => queue));
      setTimeout(() => lookAt(names), COMMIT_MS).unref();
    },
    retry: async (subject) => {
      const kind = await unparkJob(database, jobKey(subject));
      if (kind) lookAt(looking.keys());
      return kind !== undefined;
    },
    look: () => lookAt(looking.keys()),
    pause,
    work: async (attempts) => {
      await rearrange(() => {
        working = attempts;
        isPaused = false;
      });
      recovering ??= startLoop(recover, RECOVER_INTERVAL_MS, failed);
    },
    takeLanes: (taken) =>
      rearrange(() => {
        lanes = [...allLanes.keys()].filter((name) => taken.has(name));
      }),
    stop: async (giveUp) => {
      await pause();
      await recovering?.stop();
      const stopping = new AbortController();
      const late = sleep(STOP_TIMEOUT_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      await Promise.race([working?.idle(), late]);
      stopping.abort();
      giveUp();
      await working?.idle();
    },
  };
}

interface Looking {
  /** Where jobs wait, and of which kind they are. */
  readonly name: string;
  readonly kind: JobKind;
  readonly everyMs: number;
  failed(error: unknown): void;
}

/** Looks for jobs from time to time, when it is woken, and when a place has become free that one had to wait for. */
function startLooking(attempts: Attempts, { name, kind, everyMs, failed }: Looking): WakeableLoop {
  let isWaiting = false;
  const look = async (): Promise<boolean> => {
    const freed = attempts.freed(kind);
    const isLeft = await attempts.begin(name, kind);
    if (!isLeft || isWaiting) return false;
    isWaiting = true;
    void freed.then(() => {
      isWaiting = false;
      loop.wake();
    });
    return false;
  };
  const loop = startLoop(look, everyMs, failed);
  return loop;
}

/** Gives each job, as they come, its priority: by how many of its sender's and its hospital's wait before it. */
async function lineUp(tx: Queryable, subjects: readonly JobSubject[]): Promise<(subject: JobSubject) => NewJob> {
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
    const { sender, hospital = "" } = subject;
    if (sender === undefined) return subject;
    const before = { ofMember: ofMembers.get(sender) ?? 0, ofHospital: ofHospitals.get(hospital) ?? 0 };
    add(sender, hospital, 1);
    return { ...subject, priority: priorityOf(before) };
  };
}
