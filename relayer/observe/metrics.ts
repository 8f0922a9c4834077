import { Registry } from "prom-client";
import type { Database } from "../database/database.ts";
import type { HealthCheck } from "./health.ts";
import { chainMetrics } from "./metrics-of-chains.ts";
import { jobMetrics } from "./metrics-of-jobs.ts";
import { workMetrics } from "./metrics-of-work.ts";
import { combineObservers, type Observer } from "./observer.ts";

/** Prometheus metrics of one relayer, in a registry of their own. */
export function createMetrics(
  database: Database,
  headAges: HealthCheck["headAges"] = () => [],
): { observe: Observer; registry: Registry } {
  const registry = new Registry();
  jobMetrics(registry, database);
  return { observe: combineObservers([chainMetrics(registry, headAges), workMetrics(registry)]), registry };
}
