/**
 * What time it is on a chain. Contracts know the time of their block only, and a chain that makes no empty blocks has none for as long as
 * nothing happens: its latest block may be hours old, while the next one will carry the time of the clock (docs/resilience.md, "A chain
 * without empty blocks").
 */
import type { Chain } from "./connect.ts";
import type { RequestState } from "./decisions.ts";
import { ask } from "./transact.ts";

/** In Unix seconds. */
export interface ChainTimes {
  /** Of the latest block: no later block is earlier. */
  readonly latest: bigint;
  /** What the next block will carry, as far as it can be told. */
  readonly next: bigint;
}

/**
 * Asks for a chain's times. The next block's is what the node says of it; where the node has no pending block it is the clock's here, and
 * never before the latest block.
 */
export async function chainTimes(chain: Chain): Promise<ChainTimes> {
  const time = async (tag: "latest" | "pending"): Promise<bigint> => {
    const block: unknown = await chain.provider.send("eth_getBlockByNumber", [tag, false]);
    const isBlock = typeof block === "object" && block !== null && "timestamp" in block;
    return isBlock ? BigInt(String(block.timestamp)) : 0n;
  };
  const [latest, pending] = await ask(chain, () => Promise.all([time("latest"), time("pending").catch(() => 0n)]));
  if (pending > latest) return { latest, next: pending };
  const clock = BigInt(Math.floor(Date.now() / 1_000));
  return { latest, next: clock > latest ? clock : latest };
}

/** Many ask, expiries are whole seconds, and a node has to put a block together to say when the next one would be. */
const TIME_AGE_MS = 1_000;
const times = new WeakMap<Chain["provider"], { at: number; times: Promise<ChainTimes> }>();

/**
 * The time by which it is decided whether something has expired on a chain: the next block's, in Unix seconds.
 *
 * @param maxAgeMs how old the answer may be; 0 where something is decided by it for good
 */
export async function chainTime(chain: Chain, maxAgeMs = TIME_AGE_MS): Promise<bigint> {
  const known = times.get(chain.provider);
  if (known && performance.now() - known.at < maxAgeMs) return (await known.times).next;
  const asked = chainTimes(chain);
  times.set(chain.provider, { at: performance.now(), times: asked });
  asked.catch(() => times.delete(chain.provider)); // whoever awaits it is told; the next one asks again
  return (await asked).next;
}

/** The states in which nothing but the end is possible from the expiry on. */
const OPEN: readonly RequestState[] = ["Pending", "Authorized"];

/**
 * The state of a request as it is for people: `Expired` from its expiry on, though no block, and no relayer, has said so yet.
 *
 * @param now from `chainTime`
 */
export const stateAt = (state: RequestState, expiry: bigint, now: bigint): RequestState =>
  OPEN.includes(state) && now >= expiry ? "Expired" : state;
