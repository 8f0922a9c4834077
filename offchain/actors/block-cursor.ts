import { ask, type Chain } from "@medexchain/chain";

/** Blocks that are read again at each look: deeper, no chain of the suite is reorganised. */
const OVERLAP = 64;

/** Reads a chain's logs look by look: each the blocks since the last one, and some before, as these may have changed. */
export interface BlockCursor {
  /** What this look reads, ends included. It counts as read once `read` is told. */
  span(chain: Chain): Promise<{ readonly from: number; readonly to: number }>;
  read(to: number): void;
}

/** @param first the block in which the contracts were deployed, or a later one */
export function blockCursor(first: number): BlockCursor {
  let next = first;
  return {
    async span(chain) {
      const to = await ask(chain, () => chain.provider.getBlockNumber());
      // A node may be behind the one that was asked before.
      return { from: Math.max(first, Math.min(next, to + 1) - OVERLAP), to };
    },
    read(to) {
      next = to + 1;
    },
  };
}
