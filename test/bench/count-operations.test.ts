import { initCurve } from "@medexchain/pre";
import { expect } from "chai";
import mcl from "mcl-wasm";
import { type Counts, countOperations, OPERATIONS } from "../../bench/count-operations.ts";
import { generators } from "../../bench/generators.ts";
import { makeStages } from "../../bench/pre-stages.ts";
import { readG1, readG2 } from "../../bench/straightforward/elements.ts";

describe("counting operations", () => {
  before(() => initCurve());

  const none = Object.fromEntries(OPERATIONS.map((operation) => [operation, 0])) as Counts; // a number for each
  const k = () => {
    const scalar = new mcl.Fr();
    scalar.setInt(12345);
    return scalar;
  };

  it("counts a pairing as a Miller loop and a final exponentiation, and each other operation as one", () => {
    const { g1, g2 } = generators();
    const [p, q, hashed] = [readG1(g1), readG2(g2), mcl.hashAndMapToG1("x")];
    const counts = countOperations(() => {
      const value = mcl.pairing(p, q);
      mcl.pow(value, k());
      mcl.mul(value, value);
      mcl.mul(p, k());
      mcl.mul(q, k());
      mcl.add(p, hashed);
      mcl.sub(q, q);
      mcl.hashAndMapToG1("z");
      readG2(g2);
    });
    expect(counts).to.deep.equal({
      ...none,
      "Miller loops": 1,
      "final exponentiations": 1,
      "powers in GT": 1,
      "products in GT": 1,
      "k·P in G1": 1,
      "k·Q in G2": 1,
      "additions in G1": 1,
      "additions in G2": 1,
      "hashes to G1": 1,
      "points decoded": 1,
    });
  });

  it("counts nothing once it is done, also when the computation fails", () => {
    expect(() =>
      countOperations(() => {
        throw new Error("as arranged");
      }),
    ).to.throw("as arranged");
    const counts = countOperations(() => undefined);
    mcl.hashAndMapToG1("outside");
    expect(counts).to.deep.equal(none);
  });

  it("refuses an operation that it would not see", () => {
    expect(() => countOperations(() => mcl.hashAndMapToG2("x"))).to.throw("_mclBnG2_hashAndMapTo is not counted");
  });

  it("finds in the straightforward ReEnc, Dec_DU and Enc the pairings and powers of their formulas", () => {
    const { stages } = makeStages();
    const countsOf = (stage: string): Counts =>
      countOperations(stages.find(({ name }) => name === stage)?.straightforward ?? (() => expect.fail(`no ${stage}`)));
    expect(countsOf("ReEnc")).to.include({
      "Miller loops": 1,
      "final exponentiations": 1,
      "k·P in G1": 0,
      "powers in GT": 0,
    });
    expect(countsOf("Dec_DU")).to.include({ "Miller loops": 2, "final exponentiations": 2, "hashes to G1": 1 });
    expect(countsOf("Enc")).to.include({ "Miller loops": 1, "k·Q in G2": 1, "powers in GT": 2, "hashes to G1": 1 });
  });
});
