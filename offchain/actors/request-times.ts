import type { ChainTimes } from "@medexchain/chain";

/** `RequestTimes.MAX_LIFETIME`: the longest time between issue and expiry that the contracts take, in seconds. */
const MAX_LIFETIME = 30n * 86_400n;

/**
 * When a request is issued and when it expires, in Unix seconds. It lives from now on, by the time that the next block will have: the
 * latest block may be hours old. It is issued at the latest block's time, which no node takes for the future, however old the block is
 * in whose time it tries a call; unless that is too long ago for the contracts.
 *
 * @param lifetime in seconds
 */
export function requestTimes({ latest, next }: ChainTimes, lifetime: bigint): { issuedAt: bigint; expiry: bigint } {
  const expiry = next + lifetime;
  const earliest = expiry - MAX_LIFETIME;
  // A lifetime that is too long in itself is left for the contract to refuse.
  const issuedAt = latest >= earliest || lifetime > MAX_LIFETIME ? latest : earliest;
  return { issuedAt, expiry };
}
