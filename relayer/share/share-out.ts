/** Who takes, keeps, and gives up which lease: each relayer decides for itself, by what all of them see in the database. */
import { classOf } from "./names.ts";

/** A lease as one relayer sees it. */
export interface SeenLease {
  readonly name: string;
  /** Its holder's run; undefined while it is free. */
  readonly holder: string | undefined;
  /** For how long it has been free, ms. */
  readonly freeMs: number;
  /** Whether another has asked for it. */
  readonly asked: boolean;
}

export interface Situation {
  /** This relayer's run. */
  readonly run: string;
  /** How many relayers use the database, this one among them. */
  readonly relayers: number;
  /** Every lease that this relayer can do the work of, and wants to. */
  readonly leases: readonly SeenLease[];
}

export interface Decision {
  /** Free ones to take. */
  readonly take: string[];
  /** One's own to give up, as others have asked for them. */
  readonly release: string[];
  /** Another's to ask for: it has more. */
  readonly ask: string[];
}

/** From then on whoever is there takes what is free, however much it has: those with fewer do not want it, or cannot. */
export const LEFT_MS = 4_000;

/**
 * Of each class nobody takes more than its share, asks for one of whoever has two more than itself, and gives up what is asked for while it has
 * more than the others must have. So whoever comes anew has its share in a few rounds, and leases stay where they are otherwise.
 *
 * @param pick chooses among equals, as all relayers start with the same list
 */
export function shareOut(situation: Situation, pick: <T>(of: readonly T[]) => T | undefined): Decision {
  const decision: Decision = { take: [], release: [], ask: [] };
  const classes = Map.groupBy(situation.leases, ({ name }) => classOf(name));
  for (const leases of classes.values()) decide(situation, leases, pick, decision);
  return decision;
}

function decide(
  { run, relayers }: Situation,
  leases: readonly SeenLease[],
  pick: <T>(of: readonly T[]) => T | undefined,
  { take, release, ask }: Decision,
): void {
  const counts = new Map<string, number>();
  for (const { holder } of leases) if (holder !== undefined) counts.set(holder, (counts.get(holder) ?? 0) + 1);
  let own = counts.get(run) ?? 0;
  // What was asked for is about to be given up.
  for (const { holder, asked } of leases) {
    if (holder !== undefined && asked) counts.set(holder, (counts.get(holder) ?? 0) - 1);
  }
  const share = Math.ceil(leases.length / Math.max(1, relayers));
  const least = Math.floor(leases.length / Math.max(1, relayers));

  for (const { name } of leases.filter(({ holder, asked }) => holder === run && asked)) {
    if (own <= least) break;
    release.push(name);
    own -= 1;
  }
  const free = leases.filter(({ holder }) => holder === undefined);
  while (free.length > 0) {
    const allowed = own < share ? free : free.filter(({ freeMs }) => freeMs >= LEFT_MS);
    const chosen = pick(allowed);
    if (!chosen) break;
    free.splice(free.indexOf(chosen), 1);
    take.push(chosen.name);
    own += 1;
  }
  const richer = leases.filter(({ holder, asked }) => holder !== undefined && holder !== run && !asked);
  while (own < share) {
    const chosen = pick(richer.filter(({ holder = "" }) => (counts.get(holder) ?? 0) >= own + 2));
    if (!chosen) break;
    richer.splice(richer.indexOf(chosen), 1);
    ask.push(chosen.name);
    own += 1; // as if it were given
  }
}
