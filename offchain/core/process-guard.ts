import { setTimeout as sleep } from "node:timers/promises";

/** What is to be ended in order. */
export interface Guarded {
  /** Says and stores what went wrong. */
  crashed(error: unknown): Promise<void>;
  close(): Promise<void>;
}

/** After so long the process ends, whatever is still open: its state is not to be trusted. */
const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Ends this process in order, with exit code 1, when an error arises that nobody handles: in a promise that nobody holds, or in a callback.
 * Whoever starts it again finds the job that did it counted. For programs, not for libraries: it speaks for the whole process.
 *
 * @returns takes the handlers away again
 */
export function guardProcess({ crashed, close }: Guarded): () => void {
  let ending = false;
  const end = (error: unknown): void => {
    if (ending) return; // one end is enough, and what fails on the way out is part of it
    ending = true;
    const inOrder = async (): Promise<void> => {
      await crashed(error).catch(() => undefined);
      await close();
    };
    void Promise.race([inOrder().catch(() => undefined), sleep(CLOSE_TIMEOUT_MS)]).finally(() => process.exit(1));
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
  return () => {
    process.off("uncaughtException", end);
    process.off("unhandledRejection", end);
  };
}
