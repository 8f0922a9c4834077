/**
 * Gas for a batch. To estimate it would execute the whole batch many times over; what one item took before is known instead.
 */

/** What an item may take, before one of its kind was seen. */
const FIRST_GUESS = 300_000n;
/** The contract wants so much left before it tries an item, so that an item is never skipped for the batch's fault. */
const ITEM_HEADROOM = 560_000n;
const BASE = 60_000n;

export interface GasMemory {
  /** A limit for so many items. */
  limit(action: string, items: number): bigint;
  /** Learns from a receipt. */
  used(action: string, items: number, gas: bigint): void;
  /** Learns that the last limit was too low. */
  exhausted(action: string): void;
}

export function rememberGas(): GasMemory {
  const perItem = new Map<string, bigint>();
  const of = (action: string): bigint => perItem.get(action) ?? FIRST_GUESS;
  return {
    limit: (action, items) => BASE + ITEM_HEADROOM + (BigInt(items) * of(action) * 13n) / 10n,
    used: (action, items, gas) => {
      if (items > 0) perItem.set(action, gas / BigInt(items));
    },
    exhausted: (action) => perItem.set(action, of(action) * 2n),
  };
}
