/** What an operator may see and do, whether the relayer runs or not. */
import { z } from "zod";
import type { Database } from "../database/database.ts";
import {
  countJobs,
  JOB_STATES,
  type Job,
  type JobState,
  jobsIn,
  parkJob,
  releaseHeld,
  unparkJob,
} from "../database/jobs.ts";
import { pausedLanes, pauseLane, resumeLane } from "../database/lanes.ts";

export const jobRowSchema = z.object({
  key: z.string(),
  kind: z.string(),
  chainId: z.string(),
  requestId: z.string(),
  state: z.enum(JOB_STATES),
  attempts: z.number(),
  code: z.string().nullable(),
  reason: z.string().nullable(),
  /** Who or what has parked it; null where it is not parked. */
  parkedBy: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
/** A job, in JSON types. Ids, codes and times only. */
export type JobRow = z.infer<typeof jobRowSchema>;

export const statusSchema = z.object({
  jobs: z.array(z.object({ kind: z.string(), state: z.string(), code: z.string().nullable(), count: z.number() })),
  pausedLanes: z.array(z.object({ from: z.string(), to: z.string(), since: z.string() })),
});
export type Status = z.infer<typeof statusSchema>;

export interface Administration {
  status(): Promise<Status>;
  /** Jobs in a state, oldest first. */
  jobs(state: JobState, limit: number): Promise<JobRow[]>;
  /** Makes a parked or held job pending; false when it is neither. */
  retry(key: string): Promise<boolean>;
  /** Parks a pending or held job; false when it is neither. */
  park(key: string, reason: string): Promise<boolean>;
  /** Holds all jobs of a lane, from a requester's chain to an owner's. */
  pause(from: bigint, to: bigint): Promise<void>;
  /** Ends that; false when it was not paused. */
  resume(from: bigint, to: bigint): Promise<boolean>;
}

/**
 * Administers a database. A relayer that runs on it takes notice within seconds.
 *
 * @param deliver called when jobs became pending, where a queue runs in this process
 */
export function administer(database: Database, deliver: () => Promise<void> = async () => undefined): Administration {
  return {
    status: async () => {
      const [jobs, lanes] = await Promise.all([countJobs(database), pausedLanes(database)]);
      const paused = lanes.map(({ sourceChainId, destinationChainId, pausedAt }) => ({
        from: String(sourceChainId),
        to: String(destinationChainId),
        since: pausedAt.toISOString(),
      }));
      return { jobs, pausedLanes: paused };
    },
    jobs: async (state, limit) => (await jobsIn(database, state, limit)).map(rowOf),
    retry: async (key) => {
      const kind = await database.transaction((tx) => unparkJob(tx, key));
      if (kind) await deliver();
      return kind !== undefined;
    },
    park: (key, reason) => parkJob(database, key, reason),
    pause: (from, to) => pauseLane(database, from, to),
    resume: async (from, to) => {
      const resumed = await resumeLane(database, from, to);
      await releaseHeld(database, 0);
      await deliver();
      return resumed;
    },
  };
}

function rowOf(job: Job): JobRow {
  const { key, kind, chainId, requestId, state, attempts, code, reason, parkedBy, createdAt, updatedAt } = job;
  const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
  return { key, kind, chainId: String(chainId), requestId, state, attempts, code, reason, parkedBy, ...times };
}
