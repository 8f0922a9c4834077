import { useCallback, useState } from "react";

/** One thing at a time that a person has asked for, and what went wrong with it. */
export interface Task {
  readonly busy: boolean;
  readonly error: string | undefined;
  run(work: () => Promise<void>): void;
}

export function useTask(): Task {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const run = useCallback((work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    work()
      .catch((reason: unknown) => setError(reason instanceof Error ? reason.message : String(reason)))
      .finally(() => setBusy(false));
  }, []);
  return { busy, error, run };
}
