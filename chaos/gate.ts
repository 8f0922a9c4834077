/** Lets many calls through at once, or one that must be alone: a reorganisation happens between calls, never within one. */
export interface Gate {
  /** Runs with others that share. */
  shared<T>(run: () => Promise<T>): Promise<T>;
  /** Waits until nobody else runs, keeps newcomers waiting, runs alone. */
  alone<T>(run: () => Promise<T>): Promise<T>;
}

export function createGate(): Gate {
  const running = new Set<Promise<unknown>>();
  let closed: Promise<unknown> | undefined;
  const settled = (task: Promise<unknown>) => task.catch(() => undefined);
  return {
    shared: async (run) => {
      while (closed) await closed;
      const task = run();
      const done = settled(task);
      running.add(done);
      void done.then(() => running.delete(done));
      return task;
    },
    alone: async (run) => {
      while (closed) await closed;
      const task = Promise.all(running).then(run);
      closed = settled(task);
      try {
        return await task;
      } finally {
        closed = undefined;
      }
    },
  };
}
