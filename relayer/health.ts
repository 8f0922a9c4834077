import { z } from "zod";
import type { HealthConfig } from "./config.ts";
import type { Database } from "./database/database.ts";
import { oldestPending } from "./database/jobs.ts";
import { failureOf } from "./failure.ts";
import type { Observer } from "./observer.ts";

export const healthSchema = z.object({
  healthy: z.boolean(),
  headAgeMs: z
    .record(z.string(), z.number().nullable())
    .describe("How long ago each chain's head was read, by chain id; null before the first time."),
  oldestPendingMs: z
    .number()
    .nullable()
    .describe("Of the oldest job that is neither done, held nor parked; null when there is none."),
  database: z.string().nullable().describe("Why the database cannot be asked; null when it can."),
});
/** Whether work is moving. Ages are in milliseconds. */
export type Health = z.infer<typeof healthSchema>;

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
