import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Database } from "./database/database.ts";
import { countJobs, JOB_STATES, oldestPending } from "./database/jobs.ts";
import type { HealthCheck } from "./health.ts";
import { JOB_KINDS, type Observer } from "./observer.ts";

/** Prometheus metrics of one relayer, in a registry of their own. Jobs are counted in the database when they are asked for. */
export function createMetrics(
  database: Database,
  headAges: HealthCheck["headAges"] = () => [],
): { observe: Observer; registry: Registry } {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: "medex_relayer_jobs",
    help: "Jobs by kind, state, and the code of the last failure",
    labelNames: ["kind", "state", "reason"],
    registers,
    async collect() {
      const counts = await countJobs(database);
      this.reset();
      for (const kind of JOB_KINDS) for (const state of JOB_STATES) this.set({ kind, state, reason: "" }, 0);
      for (const { kind, state, code, count } of counts) this.set({ kind, state, reason: code ?? "" }, count);
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
  new Gauge({
    name: "medex_relayer_head_age_seconds",
    help: "How long ago the chain's head was read",
    labelNames: ["chain"],
    registers,
    collect() {
      for (const [chain, age] of headAges()) if (age !== null) this.set({ chain }, age / 1000);
    },
  });
  const reorganisations = new Counter({
    name: "medex_relayer_reorganisations_total",
    help: "Rollbacks of what was read",
    labelNames: ["chain"],
    registers,
  });
  const steps = new Histogram({
    name: "medex_relayer_step_seconds",
    help: "Time of a job's attempt that did it, by kind",
    labelNames: ["kind", "outcome"],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
    registers,
  });
  const storage = new Gauge({
    name: "medex_relayer_storage_up",
    help: "1 while what is done can be written down, 0 while no work is taken",
    registers,
  });
  storage.set(1);
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
      case "job-done":
        return steps.observe({ kind: event.kind, outcome: event.outcome }, event.ms / 1000);
      case "reorganised":
        return reorganisations.inc({ chain: String(event.chainId) });
      case "storage-recovered":
        return storage.set(1);
      case "job-deferred":
      case "job-parked":
      case "watch-failed":
      case "failed":
        if (event.type === "failed" && event.where === "storage") storage.set(0);
        return failures.inc({ code: event.code });
    }
  };
  return { observe, registry };
}
