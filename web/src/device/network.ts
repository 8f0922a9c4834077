import sdkModule from "@iota/sdk/web/wasm/iota_sdk_wasm_bg.wasm?url";
import { type Chain, connectChain, deploymentSchema, type Hex32, pseudonymHash } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { type ContentStore, createContentStore } from "@medexchain/ipfs";
import { createTangleClient, type TangleClient } from "@medexchain/tangle";
import { z } from "zod";

/** What the app's server says of the network. Every service is behind the app's own address, so that the page talks to nobody else. */
const networkSchema = z.object({
  chains: z.record(
    z.string(),
    z.object({
      deployment: deploymentSchema.omit({ rpcUrl: true }),
      fromBlock: z.int().nonnegative(),
      /** The registry of studies, where there is one. */
      studies: z.string().optional(),
    }),
  ),
  hospitals: z.record(z.string(), z.object({ chain: z.string(), scheme: z.enum(["ibe", "clc"]).optional() })),
  /** Where development networks enrol whoever asks. */
  desk: z.boolean(),
});
export type NetworkFacts = z.infer<typeof networkSchema>;

export interface Network {
  readonly facts: NetworkFacts;
  readonly store: ContentStore;
  readonly tangle: TangleClient;
  chain(name: string): Promise<Chain>;
  /** The chain of that id; undefined where the network has none. */
  chainOf(id: bigint): { readonly name: string; readonly from: number } | undefined;
  gatewayUrl(hospital: string): string;
  /** The name by which the configuration knows a hospital, proven by its id, which is the name's hash. */
  hospitalName(id: Hex32): string | undefined;
}

let connecting: Promise<Network> | undefined;

/** Reads the facts once; chains are connected when they are first needed. */
export function openNetwork(): Promise<Network> {
  connecting ??= connect().catch((error: unknown) => {
    connecting = undefined;
    throw error;
  });
  return connecting;
}

async function connect(): Promise<Network> {
  const { origin } = self.location;
  const response = await fetch("/network.json").catch((cause: unknown) => {
    throw new MedexError("SERVICE_UNREACHABLE", "the app's own server does not answer: is medex app running?", {
      cause,
    });
  });
  const facts = networkSchema.parse(await response.json());
  const chains = new Map<string, Promise<Chain>>();
  return {
    facts,
    store: createContentStore({ url: `${origin}/node/ipfs/api/v0` }),
    tangle: createTangleClient({ url: origin, sdkModule: new URL(sdkModule, origin).href }),
    gatewayUrl: (hospital) => `${origin}/node/hospital/${encodeURIComponent(hospital)}`,
    hospitalName: (id) => Object.keys(facts.hospitals).find((name) => pseudonymHash(name) === id),
    chainOf(id) {
      const found = Object.entries(facts.chains).find(([, { deployment }]) => deployment.chainId === id);
      return found && { name: found[0], from: found[1].fromBlock };
    },
    chain(name) {
      const entry = facts.chains[name];
      if (entry === undefined) throw new MedexError("CONFIG_INVALID", `the network has no chain named ${name}`);
      const known =
        chains.get(name) ??
        connectChain({ ...entry.deployment, rpcUrl: `${origin}/node/chain/${encodeURIComponent(name)}` });
      chains.set(name, known);
      known.catch(() => chains.delete(name)); // a later call tries again
      return known;
    },
  };
}
