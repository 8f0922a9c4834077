import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Observer } from "./observer.ts";

/** Adds what a relayer does: attempts, transactions, re-encryptions, and what fails. */
export function workMetrics(registry: Registry): Observer {
  const registers = [registry];
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
  const falseAnswers = new Gauge({
    name: "medex_relayer_false_answers",
    help: "Requests whose answer on the requester's chain is not what the owner's chain decided, and is not corrected yet",
    labelNames: ["chain"],
    registers,
  });
  const equivocations = new Counter({
    name: "medex_relayer_equivocations_total",
    help: "Relayers that were found to have signed two statements that contradict each other, each once in an epoch, by what they are of",
    labelNames: ["chain", "kind"],
    registers,
  });
  const reEncryptions = new Histogram({
    name: "medex_relayer_re_encryption_seconds",
    help: "Time of a re-encryption, with the wait for a thread",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const leases = new Gauge({
    name: "medex_relayer_lease_held",
    help: "1 while this relayer does alone, of those on its database, what the lease is for",
    labelNames: ["lease"],
    registers,
  });
  const taken = new Counter({
    name: "medex_relayer_leases_taken_total",
    help: "Leases taken, as the holder before had ended, had more than its share, or did not get on",
    labelNames: ["lease"],
    registers,
  });
  return (event) => {
    switch (event.type) {
      case "transaction-settled":
        return transactions.inc({ chain: String(event.chainId), action: event.action, outcome: event.state });
      case "answers-compared":
        return falseAnswers.set({ chain: String(event.chainId) }, event.wrong);
      case "equivocation-found":
        return equivocations.inc({ chain: String(event.chainId), kind: event.kind });
      case "re-encrypted":
        return reEncryptions.observe(event.ms / 1000);
      case "job-done":
        return steps.observe({ kind: event.kind, outcome: event.outcome }, event.ms / 1000);
      case "lease":
        leases.set({ lease: event.lease }, event.held ? 1 : 0);
        if (event.held) taken.inc({ lease: event.lease });
        return;
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
}
