/** How often the queue is looked at for jobs, and by how many. */
import type { JobKind } from "../observe/observer.ts";

/** So many fetches of a kind at once: a batch ends with its slowest job. Each looks once a second, found anything or not. */
export const FETCHERS: Record<JobKind, number> = {
  "deliver-request": 4,
  "re-encrypt": 4,
  "deliver-response": 4,
  "expire-grant": 1,
  "expire-request": 1,
  "report-equivocation": 1,
};
/** How late a wake-up by notification may be made good by a poll, and how late a retry may start. A look costs as much as a job. */
const POLL_SECONDS: Record<JobKind, number> = {
  "deliver-request": 1,
  "re-encrypt": 1,
  "deliver-response": 1,
  "expire-grant": 5,
  "expire-request": 5,
  "report-equivocation": 5,
};

/** How many look for jobs in a queue, and how often. */
export interface Looks {
  readonly fetchers: number;
  readonly pollSeconds: number;
}

/**
 * Where there are lanes, there are several to each kind, and every relayer looks for what has failed: of those who look in a lane one does so for
 * what is late, and the others when they are woken, or have met a full batch.
 */
export function looksAt(kind: JobKind, isLane: boolean, hasLanes: boolean): Looks[] {
  const [fetchers, pollSeconds] = [FETCHERS[kind], POLL_SECONDS[kind]];
  if (isLane) {
    return [
      { fetchers: 1, pollSeconds },
      { fetchers: fetchers - 1, pollSeconds: 5 * pollSeconds },
    ];
  }
  return [hasLanes ? { fetchers: 1, pollSeconds: Math.max(2, pollSeconds) } : { fetchers, pollSeconds }];
}
