import { setImmediate } from "node:timers/promises";
import { expect } from "chai";
import { inStep } from "../../audit/verify/in-step.ts";

describe("passes over several chains", () => {
  it("wait for each other at every time, and for none that has ended", async () => {
    const step = inStep([1n, 2n]);
    const said: string[] = [];
    const pass = async (chainId: bigint, times: readonly number[]) => {
      for (const time of times) {
        await step.reach(chainId, time);
        said.push(`${chainId} at ${time}`);
      }
      step.leave(chainId);
    };
    const first = pass(1n, [1, 4, 9]);
    await setImmediate();
    expect(said, "before the other has begun").to.deep.equal([]);
    await Promise.all([first, pass(2n, [2, 3, 5])]);
    const order = (name: string) => said.indexOf(name);
    expect(order("1 at 4")).to.be.greaterThan(order("2 at 3"));
    expect(order("2 at 5")).to.be.greaterThan(order("1 at 4"));
    expect(said.at(-1)).to.equal("1 at 9");
    expect(said).to.have.length(6);
  });
});
