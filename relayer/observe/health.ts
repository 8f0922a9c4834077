import type { HealthConfig } from "../config/schema.ts";
import type { Database } from "../database/database.ts";
import { oldestPending } from "../database/jobs.ts";
import { failureOf } from "./failure.ts";
import type { Observer } from "./observer.ts";

/** Whether work is moving. Ages are in milliseconds. */
export interface Health {
  readonly healthy: boolean;
  /** How long ago each chain's head was read; null before the first time. */
  readonly headAgeMs: Readonly<Record<string, number | null>>;
  /** Of the oldest job that is neither done, held nor parked; null when there is none. */
  readonly oldestPendingMs: number | null;
  /** Why the database cannot be asked; null when it can. */
  readonly database: string | null;
}

export interface HealthCheck {
  readonly observe: Observer;
  check(): Promise<Health>;
  /** How long ago each chain's head was read, in milliseconds; null before the first time. */
  headAges(): readonly (readonly [chainId: string, ageMs: number | null])[];
}

/** Follows the heads that the watchers read, and answers whether work is moving. */
export function createHealth(chainIds: readonly bigint[], limits: HealthConfig, database: Database): HealthCheck {
  const heads = new Map<bigint, number>();
  const headAges = () => {
    const now = performance.now();
    return chainIds.map((chainId) => [String(chainId), ageOf(heads.get(chainId), now)] as const);
  };
  return {
    observe: (event) => {
      if (event.type === "head") heads.set(event.chainId, performance.now());
    },
    headAges,
    check: async () => {
      const ages = headAges();
      const headAgeMs = Object.fromEntries(ages);
      let oldest: Date | undefined;
      try {
        oldest = await oldestPending(database);
      } catch (error) {
        return { healthy: false, headAgeMs, oldestPendingMs: null, database: failureOf(error).code };
      }
      const oldestPendingMs = oldest ? Math.max(0, Date.now() - oldest.getTime()) : null;
      const headsMove = ages.every(([, age]) => age !== null && age <= limits.maxHeadAgeMs);
      const jobsMove = oldestPendingMs === null || oldestPendingMs <= limits.maxPendingAgeMs;
      return { healthy: headsMove && jobsMove, headAgeMs, oldestPendingMs, database: null };
    },
  };
}

const ageOf = (time: number | undefined, now: number): number | null =>
  time === undefined ? null : Math.round(now - time);
