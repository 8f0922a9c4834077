import { Counter, Gauge, type Registry } from "prom-client";
import type { HealthCheck } from "./health.ts";
import type { Observer } from "./observer.ts";

/** Adds what is seen of each chain: its head, its events, its reorganisations. */
export function chainMetrics(registry: Registry, headAges: HealthCheck["headAges"]): Observer {
  const registers = [registry];
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
  const events = new Counter({
    name: "medex_relayer_events_total",
    help: "Outbox events stored",
    labelNames: ["chain", "kind"],
    registers,
  });
  return (event) => {
    switch (event.type) {
      case "head":
        return head.set({ chain: String(event.chainId) }, event.block);
      case "event-seen":
        return events.inc({ chain: String(event.chainId), kind: event.kind });
      case "reorganised":
        return reorganisations.inc({ chain: String(event.chainId) });
    }
  };
}
