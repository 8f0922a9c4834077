import { type Chain, chainError, type Hex32, hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { ChainConfig } from "./config.ts";
import type { Endpoints } from "./rpc/endpoints.ts";
import type { Submitter } from "./submit/submitter.ts";

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

/** Runs a read and turns the failure of an RPC into a registered error. */
export async function ask<T>(chain: Chain, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw chainError(error, chain.deployment);
  }
}

/** A block's number, hash and time (Unix seconds). */
export interface BlockHeader {
  readonly number: number;
  readonly hash: Hex32;
  readonly timestamp: bigint;
}

/** A block by number, or undefined where the node has none yet. */
export async function blockHeader(chain: Chain, block: number): Promise<BlockHeader | undefined> {
  const found = await ask(chain, () => chain.provider.getBlock(block));
  if (!found?.hash) return undefined;
  return { number: found.number, hash: hex32(found.hash), timestamp: BigInt(found.timestamp) };
}

/**
 * The chain's own time, in Unix seconds: the latest block's timestamp, or the next block's where the node says it. A chain
 * that mines only on demand would otherwise never reach an expiry. Never the wall clock: contracts do not know it.
 *
 * @param maxAgeMs how old the answer may be; 0 where something is decided by it for good
 */
export function chainTime(chain: Chain, maxAgeMs = TIME_AGE_MS): Promise<bigint> {
  const latest = times.get(chain);
  if (latest && performance.now() - latest.at < maxAgeMs) return latest.time;
  const time = readTime(chain);
  times.set(chain, { at: performance.now(), time });
  time.catch(() => times.delete(chain)); // whoever awaits it is told; the next one asks again
  return time;
}

/** Many jobs ask, expiries are whole seconds, and a node has to put a block together to say when the next one would be. */
const TIME_AGE_MS = 1_000;
const times = new WeakMap<Chain, { at: number; time: Promise<bigint> }>();

async function readTime(chain: Chain): Promise<bigint> {
  const time = async (tag: "latest" | "pending"): Promise<bigint> => {
    const block: unknown = await chain.provider.send("eth_getBlockByNumber", [tag, false]);
    const isBlock = typeof block === "object" && block !== null && "timestamp" in block;
    return isBlock ? BigInt(String(block.timestamp)) : 0n;
  };
  const [latest, pending] = await ask(chain, () => Promise.all([time("latest"), time("pending").catch(() => 0n)]));
  return pending > latest ? pending : latest;
}
