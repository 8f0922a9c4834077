/** What ProVerif is asked, of which model and collusion, and what it must answer. */

export type Subject = "secrecy" | "order" | "agreement";

export interface Scenario {
  readonly name: string;
  readonly model: "paper.pv" | "ours.pv";
  /** Of which queries; of secrecy and agreement unless given. Who colludes with fewer breaks no agreement that stands against more, and to ask it takes long. */
  readonly asks?: readonly Subject[];
  /** What takes the place of the model's markers, by marker. */
  readonly changes: Readonly<Record<string, string>>;
  /** Whether each query holds, in the order of the model's file. */
  readonly holds: readonly boolean[];
}

/** The queries, in their order. */
export const QUERIES = {
  "paper.pv": {
    secrecy: ["M1 secret", "M2 secret"],
    order: [],
    agreement: ["approved ⇒ requested", "opened ⇒ approved, once", "nothing is opened"],
  },
  "ours.pv": {
    secrecy: ["M1 secret", "M2 secret", "record 1's key secret", "C1 secret", "C2 secret", "P1 secret", "P2 secret"],
    order: ["M1 not before another relayer re-encrypts"],
    agreement: [
      "approved ⇒ requested",
      "accepted ⇒ approved, once",
      "opened is M1",
      "accepted ⇒ requested, once",
      "nothing is opened",
    ],
  },
} as const;

const hands = (...secrets: string[]): string => `(* collusion *) out(net, (${secrets.join(", ")}))`;
const NOBODY = "(* collusion *) 0";

const CHECKED = { "(* checks *)": "if v = pub(userKey) then" };
const SEALED = {
  "(* sealing *) (reKey(x, ownerKey), encrypt(x, v))": "encrypt((reKey(x, ownerKey), encrypt(x, v)), pub(relayKey))",
  "(* unsealing *) message": "decrypt(message, relayKey)",
};

const USER = ["userAccount", "userBfv", "userX", "userZ", "certificateless(y, b, r)"];
const SCOPES_A = ["scoped(s, a, record1)", "scoped(s, a, record2)"];
/** With it, whoever answers in its place: calls are sealed to its key. */
const FIREWALL_A = ["a", "firewallX", "firewallZ", ...SCOPES_A];
/** With a certificate of keys that Hospital B made, for DU's name. */
const CERTIFIES_OTHER_KEYS =
  "(* collusion *) (new account: skey; new key: skey; new x25519: skey; new mlKem: kemKey; " +
  "out(net, (y, b, account, key, x25519, mlKem, sign((DU, pub(account), pub(key), pub(x25519), kemPub(mlKem)), operatorB))))";
/** k − 1 of them, k, all. */
const ONE_RELAYER = ["relayerX1", "relayerZ1"];
const TWO_RELAYERS = [...ONE_RELAYER, "relayerX2", "relayerZ2"];
const RELAYERS = [...TWO_RELAYERS, "relayerX3", "relayerZ3"];

/**
 * What whoever computes discrete logarithms has of what was recorded: all pairing secrets, X25519's, and what commitments hide. Accounts' keys are
 * left out: signatures are forged from then on, when what was recorded is over.
 */
const LOGARITHMS = [
  "quantum",
  "s",
  "y",
  "b",
  "a",
  ...SCOPES_A,
  "certificateless(y, b, r)",
  ...["userX", "firewallX", "relayerX1", "relayerX2", "relayerX3"],
];

/** As before there was `Q`. */
const OF_M_ALONE = { "(* derivation *) (m, q)": "(m, m)" };
/** As before there was ML-KEM: the secret of X25519 opens. */
const X25519_ALONE = {
  "(* X25519 alone *)": "reduc forall m: bitstring, x: skey, z: kemPublic; unsealByX25519(seal(m, pub(x), z), x) = m.",
};

const SECRECY = ["secrecy"] as const;

const [yes, no] = [true, false];
/** Of the queries from "approved ⇒ requested" on. */
const AGREES = [yes, yes, yes, yes, no] as const;
/** The same where whoever has the doctor's account asks, and the owner approves. */
const ASKED_BY_ANOTHER = [no, yes, yes, yes, no] as const;

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
  { name: "ours: nobody", model: "ours.pv", changes: {}, holds: [yes, yes, yes, yes, yes, yes, yes, ...AGREES] },
  {
    name: "ours: all relayers",
    model: "ours.pv",
    asks: SECRECY,
    changes: { [NOBODY]: hands(...RELAYERS) },
    holds: [yes, yes, yes, yes, yes, yes, yes],
  },
  {
    name: "ours: DU",
    model: "ours.pv",
    asks: SECRECY,
    changes: { [NOBODY]: hands(...USER) },
    holds: [no, yes, yes, no, yes, no, yes],
  },
  {
    name: "ours: DU and k − 1 relayers",
    model: "ours.pv",
    asks: ["secrecy", "order"],
    changes: { [NOBODY]: hands(...USER, ...ONE_RELAYER) },
    holds: [no, yes, yes, no, yes, no, yes, yes],
  },
  {
    name: "ours: DU and k relayers",
    model: "ours.pv",
    asks: SECRECY,
    changes: { [NOBODY]: hands(...USER, ...TWO_RELAYERS) },
    holds: [no, yes, no, no, yes, no, yes],
  },
  {
    name: "ours: Hospital A",
    model: "ours.pv",
    asks: SECRECY,
    changes: { [NOBODY]: hands("s") },
    holds: [yes, yes, yes, yes, yes, yes, yes],
  },
  {
    name: "ours: Hospital A, which certifies an account of its own for the patient, and so is given the patient's keys",
    model: "ours.pv",
    changes: { [NOBODY]: hands("s", "ownerAccount", ...SCOPES_A) },
    holds: [no, no, no, yes, yes, yes, yes, yes, no, no, yes, no],
  },
  {
    name: "ours: Hospital A's firewall, through which sk_DO' passes",
    model: "ours.pv",
    asks: SECRECY,
    changes: { [NOBODY]: hands(...FIREWALL_A) },
    holds: [no, no, no, yes, yes, yes, yes],
  },
  {
    name: "ours: Hospital A and its firewall",
    model: "ours.pv",
    asks: SECRECY,
    changes: { [NOBODY]: hands("s", ...FIREWALL_A) },
    holds: [no, no, no, yes, yes, yes, yes],
  },
  {
    name: "ours: Hospital A, its firewall and k relayers",
    model: "ours.pv",
    changes: { [NOBODY]: hands("s", ...FIREWALL_A, ...TWO_RELAYERS) },
    holds: [no, no, no, yes, yes, yes, yes, ...AGREES],
  },
  {
    name: "ours: Hospital A, its firewall, all relayers and DU",
    model: "ours.pv",
    changes: { [NOBODY]: hands("s", ...FIREWALL_A, ...RELAYERS, ...USER) },
    holds: [no, no, no, no, yes, no, yes, ...ASKED_BY_ANOTHER],
  },
  {
    name: "ours: Hospital A and its firewall, if keys were of M alone (a capsule of version 1)",
    model: "ours.pv",
    asks: SECRECY,
    changes: { ...OF_M_ALONE, [NOBODY]: hands("s", ...FIREWALL_A) },
    holds: [no, no, no, no, no, yes, yes],
  },
  {
    name: "ours: Hospital B and its firewall, which certify keys of their own for DU",
    model: "ours.pv",
    changes: { [NOBODY]: CERTIFIES_OTHER_KEYS },
    holds: [no, yes, yes, no, yes, no, yes, ...ASKED_BY_ANOTHER],
  },
  {
    name: "ours: Hospital B, its firewall and all relayers, who certify no other keys for DU",
    model: "ours.pv",
    asks: SECRECY,
    changes: { [NOBODY]: hands("y", "b", ...RELAYERS) },
    holds: [yes, yes, yes, yes, yes, yes, yes],
  },
  {
    name: "ours: both hospitals, both firewalls and all relayers, who certify no other keys for DU",
    model: "ours.pv",
    asks: SECRECY,
    changes: { [NOBODY]: hands("s", ...FIREWALL_A, "y", "b", ...RELAYERS) },
    holds: [no, no, no, yes, yes, yes, yes],
  },
  {
    name: "ours: whoever stole the patient's account",
    model: "ours.pv",
    changes: { [NOBODY]: hands("ownerAccount") },
    holds: [yes, yes, yes, yes, yes, yes, yes, yes, no, no, yes, no],
  },
  {
    name: "ours: who computes discrete logarithms of all that was ever sent",
    model: "ours.pv",
    asks: SECRECY,
    changes: { [NOBODY]: hands(...LOGARITHMS) },
    holds: [no, no, no, yes, yes, yes, yes],
  },
  {
    name: "ours: who computes discrete logarithms, if keys were of M alone (a capsule of version 1)",
    model: "ours.pv",
    asks: SECRECY,
    changes: { ...OF_M_ALONE, [NOBODY]: hands(...LOGARITHMS) },
    holds: [no, no, no, no, no, yes, yes],
  },
  {
    name: "ours: who computes discrete logarithms, if Q were sealed by X25519 alone",
    model: "ours.pv",
    asks: SECRECY,
    changes: { ...X25519_ALONE, [NOBODY]: hands(...LOGARITHMS) },
    holds: [no, no, no, no, yes, yes, yes],
  },
];
