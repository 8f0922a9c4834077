/** Calls that run, so that what they use is given up after the last of them. */
export interface RunningCalls {
  run<T>(call: () => T | Promise<T>): Promise<T>;
  /** Resolves when nothing that was begun runs any more. */
  ended(): Promise<void>;
}

export function runningCalls(): RunningCalls {
  const running = new Set<Promise<unknown>>();
  return {
    async run(call) {
      const made = Promise.try(call);
      running.add(made);
      try {
        return await made;
      } finally {
        running.delete(made);
      }
    },
    async ended() {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}
