import { setTimeout as sleep } from "node:timers/promises";

/** Something that repeats until it is stopped. */
export interface Loop {
  /** Ends the pause, lets a running round finish, and resolves when it has. */
  stop(): Promise<void>;
}

/** A loop whose pauses can be cut short. */
export interface WakeableLoop extends Loop {
  /** Has the next round begin at once, or after the running one. */
  wake(): void;
}

/**
 * Runs `round` again and again, never two at once.
 *
 * @param round resolves to true to be run again without a pause
 * @param pauseMs between rounds, and after one that throws
 * @param failed is told what a round threw; the loop goes on
 */
export function startLoop(
  round: (signal: AbortSignal) => Promise<boolean>,
  pauseMs: number,
  failed: (error: unknown) => void,
): WakeableLoop {
  const controller = new AbortController();
  const { signal } = controller;
  let pause = new AbortController();
  const running = (async () => {
    while (!signal.aborted) {
      const again = await round(signal).catch((error: unknown) => {
        if (!signal.aborted) failed(error);
        return false;
      });
      // The pause rejects when it is cut short, which is how waking and stopping work.
      if (!again && !signal.aborted) await sleep(pauseMs, undefined, { signal: pause.signal }).catch(() => undefined);
      if (pause.signal.aborted) pause = new AbortController();
    }
  })();
  return {
    wake: () => pause.abort(),
    stop: () => {
      controller.abort();
      pause.abort();
      return running;
    },
  };
}
