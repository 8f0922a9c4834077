import { MedexError, sleep } from "@medexchain/core";

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/** How often something is tried that fails for other reasons than that the hospital is busy. */
const TRIES = 4;

export interface TryAgainOptions {
  /** For all tries together, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether an error that would pass must not be tried again. */
  readonly isFinal: (error: MedexError) => boolean;
}

/**
 * Tries until it succeeds, fails for good, or there is no time left; the pauses double, and are drawn, so that callers who failed
 * together do not come back together. A busy hospital is asked for as long as there is time, anything else that passes four times. Of
 * an answer that makes no sense (SERVICE_PROTOCOL) the next is no better.
 *
 * @param attempt is given a signal that ends with the time
 */
export async function tryAgain<T>(
  { timeoutMs, isFinal }: TryAgainOptions,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  const signal = AbortSignal.timeout(timeoutMs);
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt(signal);
    } catch (error) {
      const mayPass = MedexError.is(error) && error.retriable && error.code !== "SERVICE_PROTOCOL" && !isFinal(error);
      if (!mayPass || (failures >= TRIES && error.code !== "GATEWAY_BUSY")) throw error;
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
      if (performance.now() + pause >= end) throw error;
      await sleep(pause);
    }
  }
}
