import type { Chain } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { ChainConfig } from "../config/schema.ts";
import type { Endpoints } from "../rpc/endpoints.ts";
import type { Submitter } from "../submit/submitter.ts";

/** A chain that the relayer watches and sends to. */
export interface RelayChain {
  readonly config: ChainConfig;
  readonly chain: Chain;
  readonly endpoints: Endpoints;
  readonly submitter: Submitter;
}

/** The configured chains by id. */
export type RelayChains = ReadonlyMap<bigint, RelayChain>;

/** @throws CONFIG_INVALID when the relayer is not configured for the chain */
export function chainOf(chains: RelayChains, chainId: bigint): RelayChain {
  const found = chains.get(chainId);
  if (found) return found;
  throw new MedexError("CONFIG_INVALID", `chain ${chainId} is not configured here: add it to \`chains\`, then retry`);
}
