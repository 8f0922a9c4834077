import { AsyncLocalStorage } from "node:async_hooks";
import type { Job } from "../database/jobs.ts";

const running = new AsyncLocalStorage<Job>();

/** Runs a job's work so that whatever it starts, and leaves behind, can be told to be its own. */
export const runAs = <T>(job: Job, work: () => Promise<T>): Promise<T> => running.run(job, work);

/** The job whose work is running here, a rejection that nobody holds among it; undefined outside of any. */
export const currentJob = (): Job | undefined => running.getStore();
