/** What is worked at, and how that is begun and ended. */
export interface WorkToArrange {
  /** Names of all that is to be worked at now. */
  wanted(): readonly string[];
  begin(name: string): Promise<void>;
  end(name: string): Promise<void>;
}

/**
 * Makes what has that worked at which is wanted after a change, and nothing else. One change after the other: each sees what the one before has
 * done, also where that failed half-way.
 */
export function arrangeWork({ wanted, begin, end }: WorkToArrange): (change: () => void) => Promise<void> {
  const worked = new Set<string>();
  const arrange = async (): Promise<void> => {
    const names = new Set(wanted());
    for (const name of worked) {
      if (names.has(name)) continue;
      await end(name);
      worked.delete(name);
    }
    for (const name of names) {
      if (worked.has(name)) continue;
      await begin(name);
      worked.add(name);
    }
  };
  let arranging: Promise<void> = Promise.resolve();
  return (change) => {
    const next = arranging.then(() => {
      change();
      return arrange();
    });
    arranging = next.catch(() => undefined); // whoever asked is told
    return next;
  };
}
