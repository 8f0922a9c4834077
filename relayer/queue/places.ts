/** Who may have how many of the places at which jobs run. */
export interface Places {
  /**
   * Takes a place for a sender's job, if one is left for it.
   *
   * @param sender undefined for a job that works on nobody's content: it always has one
   * @returns gives the place back; undefined when there is none now
   */
  take(sender: string | undefined): (() => void) | undefined;
}

/**
 * Shares places out. Of those who want some, none may have more than if one more came and all had as many: alone a sender has half of
 * them, and whoever comes next finds places free, however slow the others' jobs are.
 */
export function sharePlaces(count: number): Places {
  const bySender = new Map<string, number>();
  return {
    take: (sender) => {
      if (sender === undefined) return () => undefined;
      const mine = bySender.get(sender) ?? 0;
      const others = bySender.size - (mine > 0 ? 1 : 0);
      if (mine > 0 && mine >= Math.floor(count / (others + 2))) return undefined;
      bySender.set(sender, mine + 1);
      return () => {
        const left = (bySender.get(sender) ?? 1) - 1;
        if (left === 0) bySender.delete(sender);
        else bySender.set(sender, left);
      };
    },
  };
}
