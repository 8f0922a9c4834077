import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Database } from "./database/database.ts";
import { countJobs, JOB_STATES, oldestPending } from "./database/jobs.ts";
import { JOB_KINDS, type Observer } from "./observer.ts";

/** Prometheus metrics of one relayer, in a registry of their own. Jobs are counted in the database when they are asked for. */
export function createMetrics(database: Database): { observe: Observer; registry: Registry } {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: "medex_relayer_jobs",
    help: "Jobs by kind and state",
    labelNames: ["kind", "state"],
    registers,
    async collect() {
      const counts = await countJobs(database);
      for (const kind of JOB_KINDS) {
        for (const state of JOB_STATES) {
          const found = counts.find((row) => row.kind === kind && row.state === state);
          this.set({ kind, state }, found?.count ?? 0);
        }
      }
    },
  });
  new Gauge({
    name: "medex_relayer_oldest_pending_seconds",
    help: "Age of the oldest pending job, 0 when there is none",
    registers,
    async collect() {
      const oldest = await oldestPending(database);
      this.set(oldest ? Math.max(0, Date.now() - oldest.getTime()) / 1000 : 0);
    },
  });
  const head = new Gauge({
    name: "medex_relayer_head_block",
    help: "Latest block that counts as final",
    labelNames: ["chain"],
    registers,
  });
  const events = new Counter({
    name: "medex_relayer_events_total",
    help: "Outbox events stored",
    labelNames: ["chain", "kind"],
    registers,
  });
  const transactions = new Counter({
    name: "medex_relayer_transactions_total",
    help: "Transactions by what became of them",
    labelNames: ["chain", "action", "outcome"],
    registers,
  });
  const failures = new Counter({
    name: "medex_relayer_failures_total",
    help: "Failed attempts, polls and sweeps by error code",
    labelNames: ["code"],
    registers,
  });
  const reEncryptions = new Histogram({
    name: "medex_relayer_re_encryption_seconds",
    help: "Time of a re-encryption, with the wait for a thread",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });

  const observe: Observer = (event) => {
    switch (event.type) {
      case "head":
        return head.set({ chain: String(event.chainId) }, event.block);
      case "event-seen":
        return events.inc({ chain: String(event.chainId), kind: event.kind });
      case "transaction-settled":
        return transactions.inc({ chain: String(event.chainId), action: event.action, outcome: event.state });
      case "re-encrypted":
        return reEncryptions.observe(event.ms / 1000);
      case "job-deferred":
      case "job-parked":
      case "watch-failed":
      case "failed":
        return failures.inc({ code: event.code });
    }
  };
  return { observe, registry };
}
