import { Counter, Gauge, type Registry } from "prom-client";
import type { Database } from "../database/database.ts";
import { readFloors } from "../database/reconciled.ts";
import type { ChainProgress } from "./chain-progress.ts";
import type { Observer } from "./observer.ts";

/** What is measured of each chain, from how it stands; null leaves a chain out until there is something to say. */
const PROGRESS: readonly { name: string; help: string; of(chain: ChainProgress): number | null }[] = [
  {
    name: "medex_relayer_head_block",
    help: "Latest block that counts as final",
    of: ({ head }) => head,
  },
  {
    name: "medex_relayer_head_age_seconds",
    help: "How long ago the chain's head was read",
    of: ({ headAgeMs }) => inSeconds(headAgeMs),
  },
  {
    name: "medex_relayer_head_still_seconds",
    help: "For how long the chain's head has been the same block",
    of: ({ headStillMs }) => inSeconds(headStillMs),
  },
  {
    name: "medex_relayer_cursor_block",
    help: "Last block whose events are stored",
    of: ({ cursor }) => cursor,
  },
  {
    name: "medex_relayer_cursor_lag_blocks",
    help: "Blocks that count as final and are not read yet",
    of: ({ head, cursor }) => (head === null || cursor === null ? null : Math.max(0, head - cursor)),
  },
  {
    name: "medex_relayer_progress_age_seconds",
    help: "How long ago a range of blocks was stored, or none was left to store",
    of: ({ progressAgeMs }) => inSeconds(progressAgeMs),
  },
  {
    name: "medex_relayer_head_below_cursor",
    help: "1 while the node's latest block is below what was read before: it is behind, or the chain was started anew",
    of: ({ belowCursor }) => (belowCursor ? 1 : 0),
  },
];

const inSeconds = (ms: number | null): number | null => (ms === null ? null : ms / 1_000);

/** Adds what is seen of each chain: how far it is read, why it is not, its events, its reorganisations. */
export function chainMetrics(registry: Registry, chains: () => readonly ChainProgress[], database: Database): Observer {
  const registers = [registry];
  for (const { name, help, of } of PROGRESS) {
    new Gauge({
      name,
      help,
      labelNames: ["chain"],
      registers,
      collect() {
        for (const chain of chains()) {
          const value = of(chain);
          if (value !== null) this.set({ chain: String(chain.chainId) }, value);
        }
      },
    });
  }
  new Gauge({
    name: "medex_relayer_watch_failing",
    help: "1 while the chain cannot be read, with the code of the failure",
    labelNames: ["chain", "code"],
    registers,
    collect() {
      this.reset();
      for (const { chainId, failure } of chains()) {
        if (failure !== null) this.set({ chain: String(chainId), code: failure }, 1);
      }
    },
  });
  new Gauge({
    name: "medex_relayer_reconciled_floor",
    help: "Up to which request of a side all are known to have ended; it falls when the chain was replaced",
    labelNames: ["chain", "side"],
    registers,
    async collect() {
      for (const { chainId, side, floor } of await readFloors(database))
        this.set({ chain: String(chainId), side }, floor);
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
      case "event-seen":
        return events.inc({ chain: String(event.chainId), kind: event.kind });
      case "reorganised":
        return reorganisations.inc({ chain: String(event.chainId) });
    }
  };
}
