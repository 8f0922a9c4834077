import { MedexError } from "@medexchain/core";

export interface FairQueueOptions {
  /** How much runs at once. */
  readonly places: number;
  /** How much of one sender's runs at once. */
  readonly each: number;
  /** How much waits, of all senders. */
  readonly waiting: number;
}

/** Work in turn by sender: however much one sends, another's next piece comes after at most one piece of each. */
export interface FairQueue {
  /**
   * Runs work when its turn has come.
   *
   * @param sender whom the work is for
   * @param signal takes it out of the queue, and rejects with its reason; what runs has to look at it itself, and keeps its place
   * @throws GATEWAY_BUSY when too much waits; of the sender who has most in the queue the newest is turned away
   */
  run<T>(sender: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

interface Waiting {
  start(): void;
  refuse(error: unknown): void;
}

export function createFairQueue({ places, each, waiting }: FairQueueOptions): FairQueue {
  /** Whose turn is next comes first. */
  const lines = new Map<string, Waiting[]>();
  const running = new Map<string, number>();
  let taken = 0;
  let queued = 0;

  const leave = (sender: string, entry: Waiting): void => {
    const line = lines.get(sender);
    const at = line?.indexOf(entry) ?? -1;
    if (line === undefined || at === -1) return;
    line.splice(at, 1);
    if (line.length === 0) lines.delete(sender);
    queued -= 1;
  };
  const startNext = (): boolean => {
    for (const [sender, line] of lines) {
      const [entry] = line;
      const busy = running.get(sender) ?? 0;
      if (entry === undefined || busy >= each) continue;
      leave(sender, entry);
      if (line.length > 0) {
        lines.delete(sender); // to the end
        lines.set(sender, line);
      }
      taken += 1;
      running.set(sender, busy + 1);
      entry.start();
      return true;
    }
    return false;
  };
  const fill = (): void => {
    while (taken < places && startNext());
  };
  const end = (sender: string): void => {
    taken -= 1;
    const busy = (running.get(sender) ?? 1) - 1;
    if (busy === 0) running.delete(sender);
    else running.set(sender, busy);
    fill();
  };
  /** @param last who came last, and goes where none has more */
  const turnAwayOne = (last: string): void => {
    let longest = last;
    for (const [sender, line] of lines) if (line.length > (lines.get(longest)?.length ?? 0)) longest = sender;
    const newest = lines.get(longest)?.at(-1);
    if (newest === undefined) return;
    leave(longest, newest);
    newest.refuse(new MedexError("GATEWAY_BUSY", "the hospital's gateway is overloaded; try again"));
  };
  const place = (sender: string, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const give = (): void => {
        leave(sender, entry);
        reject(signal.reason);
      };
      const entry: Waiting = {
        start: () => {
          signal.removeEventListener("abort", give);
          resolve();
        },
        refuse: (error) => {
          signal.removeEventListener("abort", give);
          reject(error);
        },
      };
      signal.addEventListener("abort", give, { once: true });
      const line = lines.get(sender);
      if (line) line.push(entry);
      else lines.set(sender, [entry]);
      queued += 1;
      fill();
      if (queued > waiting) turnAwayOne(sender);
    });

  return {
    async run(sender, signal, work) {
      await place(sender, signal);
      try {
        return await work();
      } finally {
        end(sender);
      }
    },
  };
}
