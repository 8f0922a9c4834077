import { setTimeout as sleep } from "node:timers/promises";
import { MedexError } from "@medexchain/core";
import type { Observer } from "../observe/observer.ts";

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 5_000;

/** Waits for what a relayer needs before it can start. */
export interface Waiting {
  /**
   * Tries until it succeeds, and says each time why it does not. Only what may pass is waited for.
   *
   * @throws what `attempt` throws otherwise, and the signal's reason
   */
  until<T>(where: string, attempt: () => Promise<T>): Promise<T>;
  /** What is waited for now, in words. */
  reasons(): string[];
}

/** @param signal ends the waiting */
export function createWaiting(observe: Observer, signal: AbortSignal | undefined): Waiting {
  const reasons = new Map<string, string>();
  return {
    reasons: () => [...reasons.values()],
    until: async (where, attempt) => {
      for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
        signal?.throwIfAborted();
        try {
          const answer = await attempt();
          reasons.delete(where);
          return answer;
        } catch (error) {
          if (!MedexError.is(error) || !error.retriable) throw error;
          const { code, message } = error;
          reasons.set(where, message);
          observe({ type: "waiting", where, code, message });
        }
        await sleep(delayMs, undefined, signal ? { signal } : {});
      }
    },
  };
}
