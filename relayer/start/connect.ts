/** The services that a relayer works with, and whether they answer. */
import { encode } from "@ipld/dag-cbor";
import { type Chain, connectChain } from "@medexchain/chain";
import { type ContentStore, createContentStore } from "@medexchain/ipfs";
import type { ChainConfig, RelayerConfig } from "../config/schema.ts";
import { createEndpoints, type Endpoints } from "../rpc/endpoints.ts";
import type { Waiting } from "./wait-for.ts";

const PROBE = encode("medexchain/v1/relayer-probe");

/** A chain that answers, and its nodes. */
export interface ConnectedChain {
  readonly chain: Chain;
  readonly endpoints: Endpoints;
  readonly config: ChainConfig;
}

/**
 * The content store, tried out: a small block that is always the same, as nothing but a round trip shows that the node takes and names
 * content.
 *
 * @throws CONTENT_MISMATCH, SERVICE_UNREACHABLE, SERVICE_PROTOCOL
 */
export async function connectStore({ url, timeoutMs }: RelayerConfig["ipfs"]): Promise<ContentStore> {
  const store = createContentStore({ url, timeoutMs });
  await store.put(PROBE);
  return store;
}

/**
 * Connects to all chains, and waits for those that do not answer; they are closed with `resources`.
 *
 * @throws CHAIN_MISMATCH
 */
export async function connectChains(
  configs: readonly ChainConfig[],
  waiting: Waiting,
  resources: AsyncDisposableStack,
): Promise<Map<bigint, ConnectedChain>> {
  const connected = new Map<bigint, ConnectedChain>();
  for (const config of configs) {
    const { deployment, fallbackRpcUrls, rpcTimeoutMs } = config;
    const endpoints = createEndpoints([deployment.rpcUrl, ...fallbackRpcUrls], rpcTimeoutMs);
    const connect = () => connectChain(deployment, endpoints.transport);
    const opened = await waiting.until(`chain ${deployment.chainId}`, connect);
    const chain = resources.adopt(opened, (open) => open.close());
    connected.set(deployment.chainId, { chain, endpoints, config });
  }
  return connected;
}
