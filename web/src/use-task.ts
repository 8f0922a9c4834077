import { useCallback, useState } from "react";

/** One thing at a time that a person has asked for, and what went wrong with it. */
export interface Task {
  readonly busy: boolean;
  /** Why it failed; undefined where it did not. */
  readonly reason: unknown;
  run(work: () => Promise<void>): void;
}

export function useTask(): Task {
  const [busy, setBusy] = useState(false);
  const [reason, setReason] = useState<unknown>();
  const run = useCallback((work: () => Promise<void>) => {
    setBusy(true);
    setReason(undefined);
    work()
      .catch(setReason)
      .finally(() => setBusy(false));
  }, []);
  return { busy, reason, run };
}
