import { Counter, Gauge, type Registry } from "prom-client";
import type { Database } from "../database/database.ts";
import { countOpenJobs, countParked, OPEN_STATES, oldestPending, PARKED_BY } from "../database/jobs.ts";
import { readRemoved } from "../database/retention.ts";
import { JOB_KINDS, type Observer } from "./observer.ts";

/**
 * Adds what there is of jobs. Those that are open are counted in the database when they are asked for; those that are done are many, and
 * are counted as they end.
 */
export function jobMetrics(registry: Registry, database: Database): Observer {
  const registers = [registry];
  new Gauge({
    name: "medex_relayer_jobs",
    help: "Jobs that are not done, by kind, state, and the code of the last failure",
    labelNames: ["kind", "state", "reason"],
    registers,
    async collect() {
      const counts = await countOpenJobs(database);
      this.reset();
      for (const kind of JOB_KINDS) for (const state of OPEN_STATES) this.set({ kind, state, reason: "" }, 0);
      for (const { kind, state, code, count } of counts) this.set({ kind, state, reason: code ?? "" }, count);
    },
  });
  new Gauge({
    name: "medex_relayer_parked",
    help: "Parked jobs, by who or what parked them and why",
    labelNames: ["parked_by", "reason"],
    registers,
    async collect() {
      const counts = await countParked(database);
      this.reset();
      for (const parked_by of PARKED_BY) this.set({ parked_by, reason: "" }, 0);
      for (const { parkedBy, code, count } of counts) this.set({ parked_by: parkedBy, reason: code ?? "" }, count);
    },
  });
  new Gauge({
    name: "medex_relayer_oldest_pending_seconds",
    help: "Age of the oldest pending job that the relayer can do something about, 0 when there is none",
    registers,
    async collect() {
      const oldest = await oldestPending(database);
      this.set(oldest ? Math.max(0, Date.now() - oldest.getTime()) / 1000 : 0);
    },
  });
  new Gauge({
    name: "medex_relayer_removed",
    help: "Rows that have left the database since its beginning, as what they were of was done for long",
    labelNames: ["what"],
    registers,
    async collect() {
      for (const { what, count } of await readRemoved(database)) this.set({ what }, count);
    },
  });
  const done = new Counter({
    name: "medex_relayer_jobs_done_total",
    help: "Jobs that this relayer has done, by how they ended",
    labelNames: ["kind", "outcome"],
    registers,
  });
  return (event) => {
    if (event.type === "job-done") done.inc({ kind: event.kind, outcome: event.outcome });
  };
}
