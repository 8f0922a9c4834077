import { expect } from "chai";
import { faultsOf } from "./check-derivation.ts";
import { deriveAll, restsOn, stepsTo } from "./derive.ts";
import { OURS } from "./ours.ts";
import { PAPER_BY_RECEIVER, PAPER_BY_SENDER, paperDerivation } from "./paper.ts";
import { type IdealProtocol, without } from "./protocol.ts";
import { BAN_RULES, PAPER_RULES, type RuleSet } from "./rules.ts";
import { all, atom, believes, keyOf, said, sealed, sees, signed, write } from "./statement.ts";

const derivable = (protocol: IdealProtocol, rules: RuleSet): string[] => {
  const known = deriveAll(protocol, rules);
  return Object.entries(protocol.goals).flatMap(([name, goal]) => (known.has(write(goal)) ? [name] : []));
};

describe("BAN logic", () => {
  it("takes a signature for its signer's word, and encryption for nobody's", () => {
    const knows = believes("P", keyOf("k", "Q"));
    const { rule } = BAN_RULES["message meaning"];
    expect(rule([knows, sees("P", signed(atom("X"), "k"))]).map(write)).to.deep.equal(["P |≡ Q |~ X"]);
    for (const other of [
      sees("P", sealed(atom("X"), "k")),
      sees("P", signed(atom("X"), "other")),
      sees("R", signed(atom("X"), "k")),
    ]) {
      expect(rule([knows, other]), write(other)).to.deep.equal([]);
    }
  });

  it("takes what was said for what is believed if the whole of it is fresh, and by the same principal", () => {
    const { rule } = BAN_RULES["nonce verification"];
    const whole = all(atom("T"), atom("X"));
    const isFresh = (who: string, what = whole) => believes(who, { is: "fresh", what });
    expect(rule([isFresh("P"), believes("P", said("Q", whole))]).map(write)).to.deep.equal(["P |≡ Q |≡ (T, X)"]);
    expect(rule([isFresh("R"), believes("P", said("Q", whole))])).to.deep.equal([]);
    expect(rule([isFresh("P", atom("T")), believes("P", said("Q", whole))])).to.deep.equal([]);
  });

  it("opens what is sealed to a key for its owner alone", () => {
    const { rule } = BAN_RULES.seeing;
    const message = sees("P", sealed(atom("X"), "k"));
    expect(rule([message, believes("P", keyOf("k", "P"))]).map(write)).to.deep.equal(["P ◁ X"]);
    expect(rule([message, believes("P", keyOf("k", "Q"))])).to.deep.equal([]);
    expect(rule([message, believes("P", keyOf("l", "P"))])).to.deep.equal([]);
  });
});

describe("the paper's derivation in BAN logic", () => {
  it("names M3 in its first step, which follows from M1 alone", () => {
    expect(faultsOf(paperDerivation(), PAPER_BY_RECEIVER, PAPER_RULES)).to.deep.equal([
      "step 1: DO |≡ DU |~ (Req, pk_DU, pk_DO, T1, N1, DU ↔SK↔ DO) does not follow from DO knows pk_DU, M3 by encryption as origin; it does from M1",
    ]);
    expect(faultsOf(paperDerivation("M1"), PAPER_BY_RECEIVER, PAPER_RULES)).to.deep.equal([]);
  });

  it("uses the other party's belief in freshness, where each is taken to believe in that of what it sends", () => {
    expect(faultsOf(paperDerivation("M1"), PAPER_BY_SENDER, PAPER_RULES)).to.deep.equal([
      "step 2 uses DO: T1 fresh, which is not given",
      "step 7 uses DU: T5 fresh, which is not given",
    ]);
    expect(derivable(PAPER_BY_SENDER, PAPER_RULES)).to.deep.equal([]);
  });

  it("takes encryption under the receiver's key for the sender's word, without which no goal follows", () => {
    expect(faultsOf(paperDerivation("M1"), PAPER_BY_RECEIVER, BAN_RULES)).to.deep.equal([
      'step 1 uses "encryption as origin", which is no rule',
      'step 6 uses "encryption as origin", which is no rule',
    ]);
    expect(derivable(PAPER_BY_RECEIVER, PAPER_RULES)).to.deep.equal(["G1", "G2", "G3", "G4"]);
    expect(derivable(PAPER_BY_RECEIVER, BAN_RULES)).to.deep.equal([]);
  });

  it("loses the goals that rest on an assumption or a message that is taken away, and no other", () => {
    const lost = (name: string): string[] => {
      const left = derivable(without(PAPER_BY_RECEIVER, name), PAPER_RULES);
      return Object.keys(PAPER_BY_RECEIVER.goals).filter((goal) => !left.includes(goal));
    };
    expect({
      M1: lost("M1"),
      M3: lost("M3"),
      M5: lost("M5"),
      "DO knows pk_DU": lost("DO knows pk_DU"),
      "DU knows pk_DO": lost("DU knows pk_DO"),
      "DO: T1 fresh": lost("DO: T1 fresh"),
      "DU: T5 fresh": lost("DU: T5 fresh"),
      "DO trusts DU for SK": lost("DO trusts DU for SK"),
      "DU trusts DO for SK": lost("DU trusts DO for SK"),
      "Relay: T3 fresh": lost("Relay: T3 fresh"),
    }).to.deep.equal({
      M1: ["G3", "G4"],
      M3: [],
      M5: ["G1", "G2"],
      "DO knows pk_DU": ["G3", "G4"],
      "DU knows pk_DO": ["G1", "G2"],
      "DO: T1 fresh": ["G3", "G4"],
      "DU: T5 fresh": ["G1", "G2"],
      "DO trusts DU for SK": ["G4"],
      "DU trusts DO for SK": ["G2"],
      "Relay: T3 fresh": [],
    });
  });
});

describe("the protocol as it is built, in BAN logic", () => {
  it("reaches every goal by BAN's own rules, step by step", () => {
    expect(derivable(OURS, BAN_RULES)).to.deep.equal(Object.keys(OURS.goals));
    const known = deriveAll(OURS, BAN_RULES);
    for (const goal of Object.values(OURS.goals)) {
      const steps = stepsTo(goal, known);
      expect(steps?.at(-1)).to.include(write(goal));
    }
  });

  it("loses Q alone without the certified key to which it is sealed, and nothing of whom the relayers are", () => {
    const lost = (name: string): string[] => {
      const left = derivable(without(OURS, name), BAN_RULES);
      return Object.keys(OURS.goals).filter((goal) => !left.includes(goal));
    };
    expect(lost("DO trusts HB for x_DU")).to.deep.equal(["DO seals to DU's key"]);
    expect(lost("DU made x_DU")).to.deep.equal(["DU sees Q"]);
    expect(lost("partials")).to.deep.equal(["DU sees the partials"]);
  });

  it("needs each assumption and each message for a goal", () => {
    for (const name of [...Object.keys(OURS.assumptions), ...OURS.messages.map((message) => message.name)]) {
      const left = derivable(without(OURS, name), BAN_RULES);
      expect(left.length, `without ${name}`).to.be.below(Object.keys(OURS.goals).length);
    }
  });

  it("rests G1 and G2, and which partials count, on what Hospital A certified and DU's own nonce, not on a relayer", () => {
    const { G2, "DU knows which partials": partials } = OURS.goals;
    if (G2 === undefined || partials === undefined) throw new Error("a goal is missing");
    expect([...restsOn(partials, deriveAll(OURS, BAN_RULES))].toSorted()).to.deep.equal([
      "DU knows k_HA",
      "DU trusts HA for k_DO",
      "DU: N1 fresh",
      "DU: serial_DO is the newest",
      "M2",
      "certificate of DO",
    ]);
    expect([...restsOn(G2, deriveAll(OURS, BAN_RULES))].toSorted()).to.deep.equal([
      "DU knows k_HA",
      "DU trusts DO for MQ",
      "DU trusts HA for k_DO",
      "DU: N1 fresh",
      "DU: serial_DO is the newest",
      "M2",
      "certificate of DO",
    ]);
  });
});
