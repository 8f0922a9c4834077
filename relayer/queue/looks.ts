/** How often the queue is looked at for jobs that nothing has told of: retries that are due, and what other relayers have stored. */
import type { JobKind } from "../observe/observer.ts";

/** How late a retry may start. */
const POLL_MS: Record<JobKind, number> = {
  "deliver-request": 1_000,
  "re-encrypt": 1_000,
  "deliver-response": 1_000,
  "expire-grant": 5_000,
  "expire-request": 5_000,
  "report-equivocation": 5_000,
};
/** Whoever has a lane is often not who reads the chain. */
const LANE_POLL_MS = 250;

/**
 * How many ms apart.
 *
 * @param isLane whether one relayer looks there alone, of those on its database
 * @param hasLanes whether there are any: what waits elsewhere has failed, and every relayer looks for it
 */
export function pollMs(kind: JobKind, isLane: boolean, hasLanes: boolean): number {
  if (isLane) return LANE_POLL_MS;
  return hasLanes ? Math.max(2_000, POLL_MS[kind]) : POLL_MS[kind];
}
