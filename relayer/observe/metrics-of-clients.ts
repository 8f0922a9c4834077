import { Gauge, type Registry } from "prom-client";
import type { ClientStanding } from "./light-clients.ts";

/** Adds how the light clients stand that the chains have of each other. */
export function clientMetrics(registry: Registry, clients: () => readonly ClientStanding[]): void {
  const registers = [registry];
  new Gauge({
    name: "medex_relayer_light_client_block",
    help: "Latest block of another chain (`of`) that the chain's light client was shown",
    labelNames: ["chain", "of"],
    registers,
    collect() {
      for (const { chainId, sourceChainId, block } of clients())
        this.set({ chain: String(chainId), of: String(sourceChainId) }, block);
    },
  });
  new Gauge({
    name: "medex_relayer_light_client_broken",
    help: "1 while nothing can be proven to the chain of what another (`of`) says: its light client is frozen, expired or missing",
    labelNames: ["chain", "of", "state"],
    registers,
    collect() {
      this.reset();
      for (const { chainId, sourceChainId, state } of clients()) {
        if (state !== "live") this.set({ chain: String(chainId), of: String(sourceChainId), state }, 1);
      }
    },
  });
}
