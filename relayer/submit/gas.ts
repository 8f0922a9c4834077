/**
 * Gas for a batch. To estimate it would execute the whole batch many times over; what one item took before is known instead.
 */

/** What an item may take, before one of its kind was seen. */
const FIRST_GUESS = 300_000n;
/** The contract wants so much left before it tries an item, so that an item is never skipped for the batch's fault. */
const ITEM_HEADROOM = 660_000n;
const BASE = 60_000n;
/** The gas that one transaction may have (EIP-7825, from the Osaka fork on): a node does not take one with a higher limit. */
export const MAX_TRANSACTION_GAS = 2n ** 24n;

export interface GasMemory {
  /** A limit for so many items; never over that of a transaction. */
  limit(action: string, items: number): bigint;
  /** How many items fit into a transaction; one at least. */
  capacity(action: string): number;
  /** Learns from a receipt. */
  used(action: string, items: number, gas: bigint): void;
  /** Learns that the last limit was too low. */
  exhausted(action: string): void;
}

/** A gas limit that a node takes. */
export const capped = (gas: bigint): bigint => (gas < MAX_TRANSACTION_GAS ? gas : MAX_TRANSACTION_GAS);

/** What an item took before, and three tenths more, rounded up. */
const withMargin = (gas: bigint): bigint => (gas * 13n + 9n) / 10n;

export function rememberGas(): GasMemory {
  const perItem = new Map<string, bigint>();
  const of = (action: string): bigint => perItem.get(action) ?? FIRST_GUESS;
  return {
    limit: (action, items) => capped(BASE + ITEM_HEADROOM + BigInt(items) * withMargin(of(action))),
    capacity(action) {
      const items = (MAX_TRANSACTION_GAS - BASE - ITEM_HEADROOM) / withMargin(of(action));
      return items > 1n ? Number(items) : 1;
    },
    used: (action, items, gas) => {
      if (items > 0) perItem.set(action, gas / BigInt(items));
    },
    exhausted: (action) => perItem.set(action, of(action) * 2n),
  };
}
