import type { LeftOut } from "../database/attempts.ts";

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
  /** Whose jobs have no place now, whichever they are. */
  full(): LeftOut;
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
  const none = (): Taken => ({ all: 0, byMember: new Map() });
  /** What a hospital's members may have in all, and in all where one of them has some already. */
  const sharesOf = ({ all }: Taken): { share: number; left: number } => {
    const others = hospitals.size - (all > 0 ? 1 : 0);
    return { share: Math.floor(count / (others + 1)), left: Math.floor(count / (others + 2)) }; // left: as if one more came
  };
  const mayTake = (taken: Taken, member: string): boolean => {
    const { share, left } = sharesOf(taken);
    const mine = taken.byMember.get(member) ?? 0;
    const peers = taken.byMember.size - (mine > 0 ? 1 : 0);
    if (taken.all > 0 && taken.all >= (mine > 0 ? left : share)) return false;
    return mine === 0 || mine < Math.floor(share / (peers + 2));
  };
  return {
    take: (sender) => {
      if (sender === undefined) return () => undefined;
      const { member, hospital = "" } = sender;
      const taken = hospitals.get(hospital) ?? none();
      if (!mayTake(taken, member)) return undefined;
      hospitals.set(hospital, taken);
      taken.all += 1;
      taken.byMember.set(member, (taken.byMember.get(member) ?? 0) + 1);
      return () => {
        taken.all -= 1;
        const rest = (taken.byMember.get(member) ?? 1) - 1;
        if (rest === 0) taken.byMember.delete(member);
        else taken.byMember.set(member, rest);
        if (taken.all === 0) hospitals.delete(hospital);
      };
    },
    full: () => ({
      hospitals: [...hospitals].flatMap(([hospital, taken]) => (taken.all >= sharesOf(taken).share ? [hospital] : [])),
      members: [...hospitals.values()].flatMap((taken) =>
        [...taken.byMember.keys()].filter((member) => !mayTake(taken, member)),
      ),
    }),
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
