import { ask, type Chain } from "@medexchain/chain";

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
