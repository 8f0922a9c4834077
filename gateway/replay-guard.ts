import { MedexError } from "@medexchain/core";
import { bytesToHex } from "@noble/hashes/utils.js";

/** How far a caller's clock may be from ours, either way. */
export const CALL_WINDOW_MS = 120_000;

/** Refuses what was taken before. Knows the nonces of the window; of what came before its own start it takes nothing. */
export interface ReplayGuard {
  /**
   * Takes a call, once. Ask only for calls that are authentic, as each takes memory for the length of the window.
   *
   * @throws GATEWAY_CALL_REFUSED
   */
  take(call: { readonly issuedAt: number; readonly nonce: Uint8Array }): void;
}

/** @param clock Unix milliseconds */
export function createReplayGuard(clock: () => number = Date.now): ReplayGuard {
  const startedAt = clock();
  // In the order in which they were taken, so the oldest are first.
  const taken = new Map<string, number>();
  return {
    take({ issuedAt, nonce }) {
      const now = clock();
      // A nonce counts until no call of its time would be taken: that is one window after the latest time that it may name.
      for (const [key, until] of taken) {
        if (until > now) break;
        taken.delete(key);
      }
      if (issuedAt < startedAt) throw refused("was made before this gateway started; call again");
      if (Math.abs(now - issuedAt) > CALL_WINDOW_MS) throw refused("is too old or from the future; set the clock");
      const key = bytesToHex(nonce);
      if (taken.has(key)) throw refused("was made before; call again with a new nonce");
      taken.set(key, now + 2 * CALL_WINDOW_MS);
    },
  };
}

const refused = (why: string) => new MedexError("GATEWAY_CALL_REFUSED", `the call ${why}`);
