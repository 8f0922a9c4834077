import { initCurve } from "@medexchain/pre";
import { expect } from "chai";
import { countOperations } from "../../bench/count-operations.ts";
import { parseCrossChainOptions } from "../../bench/cross-chain/options.ts";
import { secondsOf, stagesOf, systemOf } from "../../bench/schemes/cross-chain-model.ts";
import { PAPER_TIMES, SCHEMES, schemeNamed } from "../../bench/schemes/paper-counts.ts";
import { beyondOurs, performer } from "../../bench/schemes/perform.ts";

/** One millisecond for each operation. */
const UNITS = { P: 1, E1: 1, E2: 1, H: 1 };

describe("the schemes in the cross-chain system", () => {
  it("are done as operations of the curve, as many as are counted", async () => {
    await initCurve();
    const perform = performer();
    const counts = countOperations(() => perform({ P: 2, E1: 3, E2: 1, H: 4 }));
    expect(counts).to.include({
      "Miller loops": 2,
      "final exponentiations": 2,
      "k·P in G1": 3,
      "powers in GT": 1,
      "hashes to G1": 4,
    });
    expect(countOperations(() => perform({}))["Miller loops"]).to.equal(0);
  });

  it("have in their ReEnc one pairing that ours does for them, and what is beyond it", () => {
    const beyond = Object.fromEntries(SCHEMES.map((scheme) => [scheme, beyondOurs(scheme)]));
    expect(beyond).to.deep.equal({
      "IBPRE-CRF [36]": { P: 0 },
      "CDSS [30]": { E1: 1, P: 2 },
      "ABE-IBE [45]": { E1: 2, E2: 1, P: 10 },
      "CP-HAPRE [46]": { E2: 4, P: 8 },
      "FABRIC [52]": { P: 5 },
      MedExChain: { P: 0 },
    });
    expect(() => schemeNamed("another")).to.throw("no scheme another");
  });

  it("take in the model what ours took, where the scheme is ours", () => {
    // 2 s and 10 ms for each of ours, of which 9 are its stages' by these units; 12 ms of processor time.
    const run = (requests: number) => ({ requests, seconds: 2 + requests / 100, processor: 12 });
    const system = systemOf("MedExChain", UNITS, run(100), run(300));
    expect(stagesOf("MedExChain", UNITS)).to.deep.equal({ reKeyGen: 8, reEnc: 1 });
    expect(system.fixed).to.be.closeTo(2000, 1e-6);
    expect(system.each).to.be.closeTo(10, 1e-9);
    expect(system.rest).to.equal(3);
    expect(system.busy).to.be.closeTo(1.2, 1e-9);
    expect(secondsOf("MedExChain", UNITS, system, 300)).to.be.closeTo(5, 1e-9);
    expect(secondsOf("MedExChain", UNITS, system, 10_000)).to.be.closeTo(102, 1e-6);
    expect(() => systemOf("MedExChain", UNITS, run(300), run(300))).to.throw("no longer");
  });

  it("are bound by whichever is longest: the processors, the relayer's thread or the owners'", () => {
    const system = { fixed: 0, each: 10, rest: 3, busy: 1.2 };
    // FABRIC: 371 operations for ReKeyGen and 6 for ReEnc; two processors at work would take less than its one thread of owners.
    expect(stagesOf("FABRIC [52]", UNITS).reKeyGen).to.equal(9 * 25 - 15 + 9 + 2 + 6 * 25 + 1);
    expect(secondsOf("FABRIC [52]", UNITS, { ...system, busy: 2 }, 1000)).to.be.closeTo(372, 1e-9);
    expect(secondsOf("FABRIC [52]", UNITS, { ...system, busy: 1 }, 1000)).to.be.closeTo(3 + 372 + 6, 1e-9);
  });

  it("come in the paper's order with the paper's times", () => {
    const system = { fixed: 0, each: 100, rest: 50, busy: 1 };
    const of = (scheme: (typeof SCHEMES)[number]): number => secondsOf(scheme, PAPER_TIMES, system, 10_000);
    expect(of("MedExChain")).to.equal(of("IBPRE-CRF [36]"));
    for (const slower of ["CDSS [30]", "CP-HAPRE [46]", "ABE-IBE [45]", "FABRIC [52]"] as const) {
      expect(of(slower), slower).to.be.above(of("MedExChain"));
    }
    expect(of("FABRIC [52]")).to.be.above(of("ABE-IBE [45]"));
    expect(of("ABE-IBE [45]")).to.be.above(of("CP-HAPRE [46]"));
  });

  it("are run with as many requests as asked, within bounds", () => {
    expect(parseCrossChainOptions({ requests: "10000" })).to.deep.equal({ requests: 10_000 });
    expect(parseCrossChainOptions({})).to.deep.equal({});
    for (const requests of ["1", "10001", "many"]) {
      expect(() => parseCrossChainOptions({ requests }), requests).to.throw("--requests");
    }
  });
});
