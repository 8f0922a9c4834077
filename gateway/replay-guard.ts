import { MedexError } from "@medexchain/core";
import { bytesToHex } from "@noble/hashes/utils.js";

/** How far a caller's clock may be from ours, either way. */
export const CALL_WINDOW_MS = 120_000;

/** How long a nonce is remembered: no call of its time would be taken after that. */
export const NONCE_LIFETIME_MS = 2 * CALL_WINDOW_MS;

/** How many calls of one member are taken in that time: each takes memory for so long. */
export const CALLS_OF_ONE = 2_000;

export interface TimedCall {
  /** Unix milliseconds. */
  readonly issuedAt: number;
  readonly nonce: Uint8Array;
}

/** Refuses what was taken before. Knows the nonces of the window; of what came before its own start it takes nothing. */
export interface ReplayGuard {
  /**
   * Says whether a call could be taken, and takes nothing: for calls that are not known to be authentic.
   *
   * @throws GATEWAY_CALL_REFUSED
   */
  check(call: TimedCall): void;
  /**
   * Takes a call, once. Ask only for calls that are authentic, as each takes memory.
   *
   * @throws GATEWAY_CALL_REFUSED; GATEWAY_BUSY when the member has made too many
   */
  take(call: TimedCall & { readonly member: string }): void;
}

/** @param clock Unix milliseconds */
export function createReplayGuard(clock: () => number = Date.now): ReplayGuard {
  const startedAt = clock();
  // In the order in which they were taken, so the oldest are first.
  const taken = new Map<string, { readonly until: number; readonly member: string }>();
  const counts = new Map<string, number>();
  const forgetOld = (now: number): void => {
    for (const [key, { until, member }] of taken) {
      if (until > now) break;
      taken.delete(key);
      const count = (counts.get(member) ?? 1) - 1;
      if (count === 0) counts.delete(member);
      else counts.set(member, count);
    }
  };
  const check = ({ issuedAt, nonce }: TimedCall): void => {
    const now = clock();
    forgetOld(now);
    if (issuedAt < startedAt) throw refused("was made before this gateway started; call again");
    if (Math.abs(now - issuedAt) > CALL_WINDOW_MS)
      throw refused("is too old or from the future; check this machine's clock");
    if (taken.has(bytesToHex(nonce))) throw refused("was already made; call again with a new nonce");
  };
  return {
    check,
    take(call) {
      check(call);
      const { member, nonce } = call;
      const count = counts.get(member) ?? 0;
      if (count >= CALLS_OF_ONE) {
        throw new MedexError("GATEWAY_BUSY", "the member has made too many calls in the last minutes; try again later");
      }
      counts.set(member, count + 1);
      taken.set(bytesToHex(nonce), { until: clock() + NONCE_LIFETIME_MS, member });
    },
  };
}

const refused = (why: string) => new MedexError("GATEWAY_CALL_REFUSED", `the call ${why}`);
