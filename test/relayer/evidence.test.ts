import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { type Evidence, encodeEvidence, parseEvidence } from "../../relayer/report/evidence.ts";

const word = (digit: string) => `0x${digit.repeat(64)}` as const;
const signature = (digit: string) => `0x${digit.repeat(130)}`;
const checkpoint = (head: string) => ({
  chainId: 31337n,
  ledger: `0x${"5".repeat(40)}`,
  entryCount: 7n,
  blockNumber: 9n,
  blockTime: 1_760_000_000n,
  head: word(head),
  root: word("3"),
});
const evidence: Evidence = {
  kind: "checkpoints",
  relayer: `0x${"6".repeat(40)}`,
  epoch: 2n,
  first: { checkpoint: checkpoint("1"), expiry: 2n ** 63n, signature: signature("a") },
  second: { checkpoint: checkpoint("2"), expiry: 3n, signature: signature("b") },
};

describe("relayer: evidence of an equivocation", () => {
  it("is kept as text, with numbers of any size", () => {
    expect(parseEvidence(encodeEvidence(evidence))).to.deep.equal(evidence);
  });

  for (const stored of ["", "{", "null", "{}", encodeEvidence(evidence).replace("checkpoints", "answers")]) {
    it(`that is ${stored.slice(0, 12) || "empty"} is refused as a database's fault`, () => {
      let error: unknown;
      try {
        parseEvidence(stored);
      } catch (thrown) {
        error = thrown;
      }
      expect(MedexError.is(error, "DATABASE_INVALID"), String(error)).to.equal(true);
    });
  }
});
