/** Which nonce comes next, for an account with several transactions in flight. */

export interface Nonces {
  /** Takes the lowest nonce that was given back, or the next one. `start` is called when nothing is known. */
  take(start: () => Promise<number>): Promise<number>;
  /** A nonce is not in use after all; `higher` says whether a higher one is. */
  giveBack(nonce: number, higher: boolean): void;
  /** A nonce is in use: the next one is above it. */
  used(nonce: number): void;
  /** The chain has used up so many nonces. */
  passed(count: number): void;
  /** Whether a nonce waits to be used before higher ones can be mined. */
  hasGap(): boolean;
  /** Forgets everything, where nothing is in flight: the node knows best then. */
  forget(): void;
}

export function trackNonces(): Nonces {
  let next: number | undefined;
  let free: number[] = [];
  return {
    take: async (start) => {
      const lowest = free.shift();
      if (lowest !== undefined) return lowest;
      next ??= await start();
      return next++;
    },
    giveBack: (nonce, higher) => {
      if (!higher && next === nonce + 1) next = nonce;
      else if (!free.includes(nonce)) free = [...free, nonce].sort((a, b) => a - b);
    },
    used: (nonce) => {
      free = free.filter((value) => value !== nonce);
      next = Math.max(next ?? 0, nonce + 1);
    },
    passed: (count) => {
      free = free.filter((value) => value >= count);
      if (next !== undefined) next = Math.max(next, count);
    },
    hasGap: () => free.length > 0,
    forget: () => {
      next = undefined;
      free = [];
    },
  };
}
