import { Registry } from "prom-client";
import type { Database } from "../database/database.ts";
import type { ChainProgress } from "./chain-progress.ts";
import type { ClientStanding } from "./light-clients.ts";
import { chainMetrics } from "./metrics-of-chains.ts";
import { clientMetrics } from "./metrics-of-clients.ts";
import { jobMetrics } from "./metrics-of-jobs.ts";
import { workMetrics } from "./metrics-of-work.ts";
import { combineObservers, type Observer } from "./observer.ts";

/** Prometheus metrics of one relayer, in a registry of their own. */
export function createMetrics(
  database: Database,
  chains: () => readonly ChainProgress[] = () => [],
  clients: () => readonly ClientStanding[] = () => [],
): { observe: Observer; registry: Registry } {
  const registry = new Registry();
  clientMetrics(registry, clients);
  const observers = [jobMetrics(registry, database), chainMetrics(registry, chains, database), workMetrics(registry)];
  return { observe: combineObservers(observers), registry };
}
