import { setTimeout as sleep } from "node:timers/promises";

/** Between two looks, ms. */
const LOOK_MS = 10;

/**
 * Waits until it is so. Looks again and again, since what a test waits for is often on a chain or in another process.
 *
 * @param what it waits for, or a function that says what there is instead; for the error
 * @param deadlineMs long: it says only when to give up, also on a busy machine
 */
export async function until(
  what: string | (() => string),
  fits: () => boolean | Promise<boolean>,
  deadlineMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await fits())) {
    if (performance.now() > deadline) {
      throw new Error(typeof what === "string" ? `${what}: not so after ${deadlineMs} ms` : what());
    }
    await sleep(LOOK_MS);
  }
}
