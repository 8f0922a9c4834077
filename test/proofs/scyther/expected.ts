/** What each model's claims must come to. */
import type { Verdict } from "./scyther.ts";

interface Model {
  readonly file: string;
  /** Runs of roles at once. The protocol has four roles, so that one run of it takes four. */
  readonly runs: number;
  /** By role and claim. */
  readonly verdicts: Readonly<Record<string, Verdict>>;
}

const ROLES = { "paper.spdl": ["DU", "DO", "HA", "Relay"], "ours.spdl": ["DU", "DO", "A", "R"] } as const;
const AUTHENTICATION = ["Alive", "Weakagree", "Niagree", "Nisynch"] as const;

const each = (roles: readonly string[], verdict: Verdict): Record<string, Verdict> =>
  Object.fromEntries(roles.flatMap((role) => AUTHENTICATION.map((claim) => [`${role} ${claim}`, verdict])));

/** The paper's secrecy claims hold; all sixteen of its claims of authentication fail, since nothing in it is signed. Ours all hold. */
export const MODELS: readonly Model[] = [
  {
    file: "paper.spdl",
    runs: 3,
    verdicts: {
      "DU Secret T1": "holds within bounds",
      "DO Secret T2": "holds within bounds",
      "HA Secret T3": "holds within bounds",
      "Relay Secret T4": "holds within bounds",
      ...each(ROLES["paper.spdl"], "fails"),
    },
  },
  {
    file: "ours.spdl",
    runs: 4,
    verdicts: {
      "DU Secret M": "holds within bounds",
      "DO Secret M": "holds within bounds",
      ...each(ROLES["ours.spdl"], "holds within bounds"),
    },
  },
];
