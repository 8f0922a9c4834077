/** What each model's claims must come to. */
import type { Question, Verdict } from "./scyther.ts";

interface Model extends Question {
  /** By role and claim. */
  readonly verdicts: Readonly<Record<string, Verdict>>;
}

const AUTHENTICATION = ["Alive", "Weakagree", "Niagree", "Nisynch"] as const;
/** What can be claimed of who speaks before others have. */
const AGREEMENT = ["Niagree", "Nisynch"] as const;

const each = (roles: readonly string[], claims: readonly string[], verdict: Verdict): Record<string, Verdict> =>
  Object.fromEntries(roles.flatMap((role) => claims.map((claim) => [`${role} ${claim}`, verdict])));

/** By label, as the model numbers each role's. */
const labels = (role: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `ours,${role}${at + 1}`);

/**
 * The paper's secrecy claims hold; all sixteen of its claims of authentication fail, since nothing in it is signed. Ours all hold. The paper's
 * protocol has four roles, ours six, so that one run of it takes as many. DU and DO, who hear all the others, are asked in one session: with more
 * runs of a role or an agent in several Scyther comes to no end in minutes.
 */
export const MODELS: readonly Model[] = [
  {
    file: "paper.spdl",
    runs: 3,
    verdicts: {
      "DU Secret T1": "holds within bounds",
      "DO Secret T2": "holds within bounds",
      "HA Secret T3": "holds within bounds",
      "Relay Secret T4": "holds within bounds",
      ...each(["DU", "DO", "HA", "Relay"], AUTHENTICATION, "fails"),
    },
  },
  {
    file: "ours.spdl",
    runs: 6,
    claims: [...labels("F", 2), ...labels("R1", 2), ...labels("R2", 2), ...labels("A", 4)],
    verdicts: {
      ...each(["F"], AGREEMENT, "holds"),
      ...each(["R1", "R2"], AGREEMENT, "holds within bounds"),
      ...each(["A"], AUTHENTICATION, "holds within bounds"),
    },
  },
  {
    file: "ours.spdl",
    runs: 6,
    isOneSession: true,
    claims: [...labels("DU", 6), ...labels("DO", 6)],
    verdicts: {
      ...each(["DU", "DO"], ["Secret M", "Secret Q"], "holds within bounds"),
      ...each(["DU", "DO"], AUTHENTICATION, "holds within bounds"),
    },
  },
];
