/** What ProVerif is asked, of which model and collusion, and what it must answer. */

/** Whether each query holds, in the order of the model's file. */
export interface Scenario {
  readonly name: string;
  readonly model: "paper.pv" | "ours.pv";
  /** What takes the place of the model's markers, by marker. */
  readonly changes: Readonly<Record<string, string>>;
  readonly holds: readonly boolean[];
}

/** The queries, in their order. */
export const QUERIES = {
  "paper.pv": ["M1 secret", "M2 secret", "approved ⇒ requested", "opened ⇒ approved, once", "nothing is opened"],
  "ours.pv": [
    "M1 secret",
    "M2 secret",
    "P1 secret",
    "P2 secret",
    "approved ⇒ requested",
    "opened ⇒ approved, once",
    "opened is M1",
    "opened ⇒ requested, once",
    "nothing is opened",
  ],
} as const;

const hands = (...secrets: string[]): string => `(* collusion *) out(net, (${secrets.join(", ")}))`;
const later = (...secrets: string[]): string => `(* later *) (phase 1; out(net, (${secrets.join(", ")})))`;
const NOBODY = "(* collusion *) 0";
const LATER = "(* later *) 0";

const CHECKED = { "(* checks *)": "if v = pub(userKey) then" };
const SEALED = {
  "(* sealing *) (reKey(x, ownerKey), encrypt(x, v))": "encrypt((reKey(x, ownerKey), encrypt(x, v)), pub(relayKey))",
  "(* unsealing *) message": "decrypt(message, relayKey)",
};

const USER = ["userAccount", "bfvKey", "certificateless(y, b, r)"];
const FIREWALL_A = ["a", "scoped(s, a, record1)", "scoped(s, a, record2)"];
const [yes, no] = [true, false];

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "the paper's: nobody colludes (the intruder puts its own key in the place of V)",
    model: "paper.pv",
    changes: {},
    holds: [no, no, no, no, no],
  },
  { name: "the paper's with V checked: nobody", model: "paper.pv", changes: CHECKED, holds: [yes, yes, no, no, no] },
  {
    name: "the paper's with V checked: DU alone (RK' is in the clear)",
    model: "paper.pv",
    changes: { ...CHECKED, [NOBODY]: hands("userKey") },
    holds: [no, no, no, no, no],
  },
  {
    name: "the paper's with V checked and RK' sealed: DU alone",
    model: "paper.pv",
    changes: { ...CHECKED, ...SEALED, [NOBODY]: hands("userKey") },
    holds: [no, yes, no, no, no],
  },
  {
    name: "the paper's with V checked and RK' sealed: DU and relay (one owner key for all records)",
    model: "paper.pv",
    changes: { ...CHECKED, ...SEALED, [NOBODY]: hands("userKey", "relayKey") },
    holds: [no, no, no, no, no],
  },
  { name: "ours: nobody", model: "ours.pv", changes: {}, holds: [yes, yes, yes, yes, yes, yes, yes, yes, no] },
  {
    name: "ours: relayers, all of them",
    model: "ours.pv",
    changes: { [NOBODY]: hands("relayKey") },
    holds: [yes, yes, yes, yes, yes, yes, yes, yes, no],
  },
  {
    name: "ours: DU",
    model: "ours.pv",
    changes: { [NOBODY]: hands(...USER) },
    holds: [no, yes, no, yes, no, yes, yes, yes, no],
  },
  {
    name: "ours: DU and relayers",
    model: "ours.pv",
    changes: { [NOBODY]: hands(...USER, "relayKey") },
    holds: [no, yes, no, yes, no, yes, yes, yes, no],
  },
  {
    name: "ours: Hospital A",
    model: "ours.pv",
    changes: { [NOBODY]: hands("s") },
    holds: [yes, yes, yes, yes, yes, yes, yes, yes, no],
  },
  {
    name: "ours: Hospital A's firewall, through which sk_DO' passes",
    model: "ours.pv",
    changes: { [NOBODY]: hands(...FIREWALL_A) },
    holds: [no, no, yes, yes, yes, yes, yes, yes, no],
  },
  {
    name: "ours: Hospital A, its firewall and relayers",
    model: "ours.pv",
    changes: { [NOBODY]: hands("s", "relayKey", ...FIREWALL_A) },
    holds: [no, no, yes, yes, yes, yes, yes, yes, no],
  },
  {
    name: "ours: Hospital B and its firewall, from the beginning (they certify another key for DU)",
    model: "ours.pv",
    changes: { [NOBODY]: hands("operatorB", "y", "b") },
    holds: [no, yes, no, yes, no, yes, yes, yes, no],
  },
  {
    name: "ours: Hospital B, its firewall and relayers, after what was granted",
    model: "ours.pv",
    changes: { [LATER]: later("operatorB", "y", "b", "relayKey") },
    holds: [yes, yes, yes, yes, yes, yes, yes, yes, no],
  },
  {
    name: "ours: both hospitals, both firewalls and relayers, after what was granted",
    model: "ours.pv",
    changes: { [LATER]: later("operatorB", "y", "b", "relayKey", "s", ...FIREWALL_A) },
    holds: [no, no, yes, yes, yes, yes, yes, yes, no],
  },
  {
    name: "ours: whoever stole the patient's account",
    model: "ours.pv",
    changes: { [NOBODY]: hands("ownerAccount") },
    holds: [yes, yes, yes, yes, yes, no, no, yes, no],
  },
];
