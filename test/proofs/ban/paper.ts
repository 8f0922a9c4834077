/** MedExChain §VI: its idealised messages, assumptions and goals, and its derivation (Lv et al., arXiv:2602.12106). */
import type { Step } from "./check-derivation.ts";
import type { IdealProtocol } from "./protocol.ts";
import { all, atom, believes, controls, fresh, keyOf, type Statement, said, sealed, shared } from "./statement.ts";

const SECRET = shared("DU", "DO", "SK");
const REQUEST = all(atom("Req"), atom("pk_DU"), atom("pk_DO"), atom("T1"), atom("N1"), SECRET);
const ANSWER = all(atom("pk_DU"), atom("pk_DO"), atom("T5"), atom("N4"), SECRET);

const MESSAGES: IdealProtocol["messages"] = [
  { name: "M1", from: "DU", to: "DO", content: sealed(REQUEST, "pk_DO") },
  { name: "M2", from: "DO", to: "HA", content: sealed(all(atom("RK'"), atom("T2"), atom("N2")), "pk_HA") },
  {
    name: "M3",
    from: "HA",
    to: "Relay",
    content: sealed(all(atom("C_DO'"), atom("RK'"), atom("T3"), atom("N2")), "pk_Relay"),
  },
  { name: "M4", from: "Relay", to: "DU", content: sealed(all(atom("C_DU"), atom("T4"), atom("N3")), "pk_DU") },
  { name: "M5", from: "DO", to: "DU", content: sealed(ANSWER, "pk_DU") },
];

const GOALS: Readonly<Record<string, Statement>> = {
  G1: believes("DU", believes("DO", SECRET)),
  G2: believes("DU", SECRET),
  G3: believes("DO", believes("DU", SECRET)),
  G4: believes("DO", SECRET),
};

const KEYS_AND_JURISDICTION: Readonly<Record<string, Statement>> = {
  "DU knows pk_DO": believes("DU", keyOf("pk_DO", "DO")),
  "DO knows pk_DU": believes("DO", keyOf("pk_DU", "DU")),
  "DU trusts DO for SK": believes("DU", controls("DO", SECRET)),
  "DO trusts DU for SK": believes("DO", controls("DU", SECRET)),
};

/** Each believes in the freshness of the timestamps of its messages, read as the messages that it sends. */
export const PAPER_BY_SENDER: IdealProtocol = {
  name: "the paper, freshness by the sender",
  messages: MESSAGES,
  goals: GOALS,
  assumptions: {
    ...KEYS_AND_JURISDICTION,
    "DU: T1 fresh": believes("DU", fresh(atom("T1"))),
    "DO: T2 fresh": believes("DO", fresh(atom("T2"))),
    "HA: T3 fresh": believes("HA", fresh(atom("T3"))),
    "Relay: T4 fresh": believes("Relay", fresh(atom("T4"))),
    "DO: T5 fresh": believes("DO", fresh(atom("T5"))),
  },
};

/** The same, read as the messages that it receives: what nonce verification takes. */
export const PAPER_BY_RECEIVER: IdealProtocol = {
  name: "the paper, freshness by the receiver",
  messages: MESSAGES,
  goals: GOALS,
  assumptions: {
    ...KEYS_AND_JURISDICTION,
    "DO: T1 fresh": believes("DO", fresh(atom("T1"))),
    "HA: T2 fresh": believes("HA", fresh(atom("T2"))),
    "Relay: T3 fresh": believes("Relay", fresh(atom("T3"))),
    "DU: T4 fresh": believes("DU", fresh(atom("T4"))),
    "DU: T5 fresh": believes("DU", fresh(atom("T5"))),
  },
};

/**
 * The paper's way to G3 and G4, and to G1 and G2, with the names that it gives. `first` is the message that its first step names: it
 * says M3, and writes what is in M1.
 */
export function paperDerivation(first = "M3"): Step[] {
  return [
    // DO: G3 and G4.
    { rule: "encryption as origin", from: ["DO knows pk_DU", first], concludes: believes("DO", said("DU", REQUEST)) },
    { rule: "freshness", from: ["DO: T1 fresh", 1], concludes: believes("DO", fresh(REQUEST)) },
    { rule: "nonce verification", from: [2, 1], concludes: believes("DO", believes("DU", REQUEST)) },
    { rule: "belief", from: [3], concludes: believes("DO", believes("DU", SECRET)) },
    { rule: "jurisdiction", from: ["DO trusts DU for SK", 4], concludes: believes("DO", SECRET) },
    // DU: G1 and G2.
    { rule: "encryption as origin", from: ["DU knows pk_DO", "M5"], concludes: believes("DU", said("DO", ANSWER)) },
    { rule: "freshness", from: ["DU: T5 fresh", 6], concludes: believes("DU", fresh(ANSWER)) },
    { rule: "nonce verification", from: [7, 6], concludes: believes("DU", believes("DO", ANSWER)) },
    { rule: "belief", from: [8], concludes: believes("DU", believes("DO", SECRET)) },
    { rule: "jurisdiction", from: ["DU trusts DO for SK", 9], concludes: believes("DU", SECRET) },
  ];
}
