import { replayStudies } from "@medexchain/actors/studies";
import { studyIdOf, toHex32 } from "@medexchain/chain";
import { expect } from "chai";

describe("a registry's studies, replayed", () => {
  const at = { chainId: 1n, address: `0x${"11".repeat(20)}` };
  const [a, b] = [toHex32(new Uint8Array(32).fill(1)), toHex32(new Uint8Array(32).fill(2))];
  const TIME = 1_000_000;
  const TERMS = {
    question: a,
    holders: [a, b],
    computeNode: at.address,
    minimumCohort: 20,
    maximumCohort: 100,
    joinEnd: TIME + 10,
    end: TIME + 20,
    epsilonMilli: 1000,
  };
  const people = { hospitalOf: () => undefined, accountOf: () => undefined };
  const findings = (changed: Partial<typeof TERMS>, approvedAt = TIME) => {
    const terms = { ...TERMS, ...changed };
    const studyId = studyIdOf(at, at.address, a, terms);
    const events = [
      { name: "StudyProposed", args: { studyId, proposer: at.address, salt: a, terms }, time: TIME },
      { name: "StudyApproved", args: { studyId, holder: a, commitment: b }, time: approvedAt },
    ];
    return replayStudies(at, events, people).findings.map(({ what }) => what);
  };

  it("have terms that the contract takes", () => {
    expect(findings({})).to.deep.equal([]);
    const wrong: Partial<typeof TERMS>[] = [
      { end: TERMS.joinEnd },
      { joinEnd: TIME },
      { minimumCohort: 1 },
      { maximumCohort: 19 },
      { maximumCohort: 100_001 },
      { epsilonMilli: 0 },
      { epsilonMilli: 20_001 },
      { holders: [b, a] },
      { holders: [a, a] },
      { holders: [a] },
    ];
    for (const terms of wrong) {
      const of = JSON.stringify(terms);
      expect(
        findings(terms).filter((what) => what.includes("terms that no study may have")),
        of,
      ).to.have.length(1);
    }
  });

  it("are approved before joining ends", () => {
    expect(findings({}, TERMS.joinEnd)).to.have.length(1);
  });
});
