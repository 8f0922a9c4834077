import { expect } from "chai";
import { type ByHand, startByHand } from "./support/by-hand.ts";
import { audit, codesOf, sourceOf } from "./support/history.ts";
import { startLyingNode } from "./support/tamper.ts";

describe("an audit of a chain that grows while the other is read", function () {
  this.timeout(120_000);
  let world: ByHand;
  before(async () => {
    world = await startByHand();
  });
  after(() => world?.[Symbol.asyncDispose]());

  it("reads on up to the block of which the other was told, and no further, as that may tell of more than was read", async () => {
    const { chainA, chainB } = world;
    const told = (await chainA.provider.getBlock("latest"))?.number ?? 0;
    await world.checkpoint();
    await world.anchor();
    await using node = await startLyingNode(chainA.deployment, {});
    let looks = 0;
    const { intercept } = node.proxy;
    node.proxy.intercept = async (method, params, forward) => {
      if (method !== "eth_blockNumber") return intercept?.(method, params, forward);
      looks += 1;
      return looks === 1 ? { result: `0x${(told - 1).toString(16)}` } : undefined;
    };
    const { findings, chains } = await audit([sourceOf("a", node.deployment), sourceOf("b", chainB.deployment)]);
    expect(codesOf(findings)).to.deep.equal([]);
    expect(chains.map(({ block }) => block)).to.deep.equal([told, await chainB.provider.getBlockNumber()]);
    expect(looks).to.be.greaterThan(1);
  });
});
