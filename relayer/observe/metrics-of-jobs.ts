import { Gauge, type Registry } from "prom-client";
import type { Database } from "../database/database.ts";
import { countJobs, JOB_STATES, oldestPending } from "../database/jobs.ts";
import { JOB_KINDS } from "./observer.ts";

/** Adds what the database says of jobs, counted when the metrics are asked for. */
export function jobMetrics(registry: Registry, database: Database): void {
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
}
