import { expect } from "chai";
import { apart, fitCosts, type Observed, onOneMachine, PARTS, type Part } from "../../bench/scale/model.ts";

const COSTS: Record<Part, number> = {
  "read.31337": 0.5,
  "read.31338": 1,
  "deliver-request": 3,
  "re-encrypt": 4,
  "deliver-response": 2,
};
const PRESENCE = 20;

function observe(parts: readonly Part[], requests = 800, seconds = 20): Observed {
  const ms = parts.reduce((sum, part) => sum + COSTS[part] * requests, 0) + PRESENCE * seconds;
  return { requests, seconds, parts: new Set(parts), processor: ms / 1_000 };
}

describe("the model of several relayers", () => {
  it("finds what each part costs from relayers that had several", () => {
    const { parts, presence } = fitCosts([
      observe(PARTS),
      observe(["read.31337", "re-encrypt"]),
      observe(["read.31338", "deliver-request", "deliver-response"]),
      observe(["deliver-request"]),
      observe(["re-encrypt"]),
      observe(["deliver-response", "read.31337"]),
      observe(["read.31338"]),
      observe([], 800, 40),
    ]);
    for (const part of PARTS) expect(parts[part]).to.be.closeTo(COSTS[part], 0.05);
    expect(presence).to.be.closeTo(PRESENCE, 1);
  });

  it("has more relayers on one machine cost what their presence costs, and no more", () => {
    const rest = { database: 2, surroundings: 7.5, busy: 1, processors: 2 };
    const one = onOneMachine(1, { parts: COSTS, presence: PRESENCE }, rest);
    const four = onOneMachine(4, { parts: COSTS, presence: PRESENCE }, rest);
    expect(one.perSecond).to.be.closeTo((2_000 - PRESENCE) / 20, 1e-9);
    expect(four.perSecond).to.be.closeTo((2_000 - 4 * PRESENCE) / 20, 1e-9);
    expect(four.processor / one.processor).to.be.closeTo((2_000 - PRESENCE) / (2_000 - 4 * PRESENCE), 1e-9);
  });

  it("reaches more with more relayers until each part is one's alone, or something else holds all of them", () => {
    const costs = { parts: COSTS, presence: 0 };
    const rates = [1, 2, 3, 4, 16].map((count) => apart(count, costs, {}).perSecond);
    expect(rates[0]).to.be.closeTo(1_000 / 10.5, 1e-9);
    expect(rates).to.deep.equal([...rates].sort((one, other) => one - other));
    expect(rates.at(-1)).to.equal(1_000 / 4); // re-encryption's
    expect(apart(16, costs, {}).by).to.equal("a relayer with re-encrypt");
    expect(apart(16, costs, { "the chain": 100 })).to.deep.equal({ relayers: 16, perSecond: 100, by: "the chain" });
  });
});
