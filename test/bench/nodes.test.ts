import { expect } from "chai";
import { meanLatency, NETWORK, type Placement, speedOf } from "../../bench/nodes/model.ts";

const COSTS = { receive: 0.05, execute: 0.2, sign: 0.05, verify: 0.1, bytes: 250 };

const speed = (nodes: number, place: Placement["place"], perBlock = 1_000) =>
  speedOf(COSTS, { nodes, perBlock, place, processors: 2 });

describe("the model of a chain's nodes", () => {
  it("has one node alone execute each block once while it takes the next one's transactions in", () => {
    for (const place of ["one machine", "machines of their own"] as const) {
      expect(speed(1, place).block, place).to.be.closeTo(200.05, 1e-9); // execution, which is longer than half of all work
    }
    expect(speed(1, "one machine").perSecond).to.be.closeTo(1000 / 0.20005, 0.001);
  });

  it("adds up the work of all nodes on one machine, which shares its processors", () => {
    // 4 × (200 executing + 100 checking), 50 being given, their signatures, and 6 votes checked by each, on 2 processors.
    const work = 4 * 300 + 50 + 3 * 0.05 + 3 * (0.1 + 2 * 0.05) + 4 * 6 * 0.1;
    expect(speed(4, "one machine").block).to.be.closeTo(work / 2, 1e-9);
  });

  it("has machines of their own wait for the proposer, the others, the votes and the network", () => {
    const path =
      200 + 3 * 0.05 + 200 + 0.1 + 2 * 0.05 + 6 * 0.1 + 3 * NETWORK.delay + (3 * 250_000) / NETWORK.bytesPerMs;
    expect(speed(4, "machines of their own").block).to.be.closeTo(path, 1e-9);
  });

  it("has throughput fall and latency grow with each node more, as the paper's does", () => {
    for (const place of ["one machine", "machines of their own"] as const) {
      const speeds = [3, 4, 5, 6, 7, 8].map((nodes) => speed(nodes, place));
      for (const [at, each] of speeds.entries()) {
        const before = speeds[at - 1];
        if (before === undefined) continue;
        expect(each.perSecond, place).to.be.below(before.perSecond);
        expect(meanLatency(each, 100_000), place).to.be.above(meanLatency(before, 100_000));
      }
    }
  });

  it("keeps the average of many requests waiting for half of them, and for its own block", () => {
    expect(meanLatency({ block: 100, perSecond: 1_000 }, 10_000)).to.equal(5_050);
  });
});
