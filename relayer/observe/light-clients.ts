/** How the light clients stand that the chains have of each other, as they were read last. */
import type { ErrorCode } from "@medexchain/core";
import type { ClientState, Observer, RelayerEvent } from "./observer.ts";

export type ClientStanding = Omit<Extract<RelayerEvent, { type: "light-client" }>, "type">;

const CODES = { frozen: "CLIENT_FROZEN", expired: "CLIENT_EXPIRED", missing: "CLIENT_MISSING" } as const;

/** Follows what is read of them. */
export function followClients(): { observe: Observer; read(): readonly ClientStanding[] } {
  const standings = new Map<string, ClientStanding>();
  return {
    observe: (event) => {
      if (event.type !== "light-client") return;
      const { type: _, ...standing } = event;
      standings.set(`${event.chainId} ${event.sourceChainId}`, standing);
    },
    read: () => [...standings.values()],
  };
}

const WHY: Record<Exclude<ClientState, "live">, string> = {
  frozen:
    "is frozen: the chain's validators sealed two blocks of which one is false; find out which, then have another client set",
  expired: "was shown no header for longer than its validators are trusted: have another client set",
  missing: "is not there, and the lane takes nothing without: have one set",
};

/** Why nothing is proven by a client; undefined where it can be. */
export function clientFailure({
  chainId,
  sourceChainId,
  state,
}: ClientStanding): { code: ErrorCode; message: string } | undefined {
  if (state === "live") return undefined;
  const message = `chain ${chainId}: its light client of chain ${sourceChainId} ${WHY[state]}`;
  return { code: CODES[state], message };
}
