/** Whose content a job works on. */
export interface Sender {
  readonly member: string;
  /** Undefined where it could not be read: those share as one hospital. */
  readonly hospital: string | undefined;
}

/** Who may have how many of the places at which jobs run. */
export interface Places {
  /**
   * Takes a place for a sender's job, if one is left for it.
   *
   * @param sender undefined for a job that works on nobody's content: it always has one
   * @returns gives the place back; undefined when there is none now
   */
  take(sender: Sender | undefined): (() => void) | undefined;
}

/** What a hospital's members have. */
interface Taken {
  all: number;
  readonly byMember: Map<string, number>;
}

/**
 * Shares places out, to hospitals first and to each one's members then. Of those who want some, none may have more than if one more came
 * and all had as many: alone a member has half of them, and whoever comes next finds places free, however slow the others' jobs are, and
 * however many members a hospital has. A member who has none gets one out of what its hospital leaves for others.
 */
export function sharePlaces(count: number): Places {
  const hospitals = new Map<string, Taken>();
  return {
    take: (sender) => {
      if (sender === undefined) return () => undefined;
      const { member, hospital = "" } = sender;
      const taken = hospitals.get(hospital) ?? { all: 0, byMember: new Map<string, number>() };
      const others = hospitals.size - (taken.all > 0 ? 1 : 0);
      const share = Math.floor(count / (others + 1));
      const left = Math.floor(count / (others + 2)); // as if one more came
      const mine = taken.byMember.get(member) ?? 0;
      const peers = taken.byMember.size - (mine > 0 ? 1 : 0);
      if (taken.all > 0 && taken.all >= (mine > 0 ? left : share)) return undefined;
      if (mine > 0 && mine >= Math.floor(share / (peers + 2))) return undefined;
      hospitals.set(hospital, taken);
      taken.all += 1;
      taken.byMember.set(member, mine + 1);
      return () => {
        taken.all -= 1;
        const rest = (taken.byMember.get(member) ?? 1) - 1;
        if (rest === 0) taken.byMember.delete(member);
        else taken.byMember.set(member, rest);
        if (taken.all === 0) hospitals.delete(hospital);
      };
    },
  };
}

/**
 * The priority at which a job waits: lower the more of its sender's wait before it, and of its sender's hospital, so that whoever files
 * little comes before the rest of whoever files much. By powers of two, so that no flood ends up infinitely far behind.
 *
 * @param before how many wait
 */
export function priorityOf(before: { readonly ofMember: number; readonly ofHospital: number }): number {
  return -(Math.floor(Math.log2(before.ofMember + 1)) + Math.floor(Math.log2(before.ofHospital + 1)));
}
