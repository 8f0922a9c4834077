import type { HealthConfig } from "./config.ts";
import type { Database } from "./database/database.ts";
import { oldestPending } from "./database/jobs.ts";
import type { Observer } from "./observer.ts";

/** Whether work is moving. Ages are in milliseconds. */
export interface Health {
  readonly healthy: boolean;
  /** How long ago each chain's head was read; null before the first time. */
  readonly headAgeMs: Readonly<Record<string, number | null>>;
  /** Of the oldest job that is neither done nor parked; null when there is none. */
  readonly oldestPendingMs: number | null;
}

/** Follows the heads that the watchers read, and answers whether work is moving. */
export function createHealth(
  chainIds: readonly bigint[],
  limits: HealthConfig,
  database: Database,
): { observe: Observer; check(): Promise<Health> } {
  const heads = new Map<bigint, number>();
  const ages = (now: number) => chainIds.map((chainId) => [String(chainId), ageOf(heads.get(chainId), now)] as const);
  return {
    observe: (event) => {
      if (event.type === "head") heads.set(event.chainId, performance.now());
    },
    check: async () => {
      const oldest = await oldestPending(database);
      const oldestPendingMs = oldest ? Math.max(0, Date.now() - oldest.getTime()) : null;
      const headAges = ages(performance.now());
      const headsMove = headAges.every(([, age]) => age !== null && age <= limits.maxHeadAgeMs);
      const jobsMove = oldestPendingMs === null || oldestPendingMs <= limits.maxPendingAgeMs;
      return { healthy: headsMove && jobsMove, headAgeMs: Object.fromEntries(headAges), oldestPendingMs };
    },
  };
}

const ageOf = (time: number | undefined, now: number): number | null =>
  time === undefined ? null : Math.round(now - time);
