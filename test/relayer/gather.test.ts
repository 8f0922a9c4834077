import { expect } from "chai";
import { chainConfigSchema } from "../../relayer/config/schema.ts";
import type { Waiter } from "../../relayer/submit/flight.ts";
import { rememberGas } from "../../relayer/submit/gas.ts";
import { nextGroup } from "../../relayer/submit/gather.ts";

const submit = chainConfigSchema.shape.submit.parse({ batchSize: 3, batchDelayMs: 40, batchFillMs: 500 });
const requestId = `0x${"11".repeat(32)}` as const;

function waiter(key: string | undefined, agoMs: number): Waiter {
  const batch = key === undefined ? {} : { batch: { key, action: key, item: 0, encode: () => "0x" } };
  const step = { requestId, action: "act", to: "0x", data: () => "0x", isDone: async () => false, ...batch };
  const since = performance.now() - agoMs;
  return { step, since, deadline: since + 60_000, resolve: () => undefined, reject: () => undefined };
}

describe("relayer: steps that share a transaction", () => {
  const never = () => false;
  const many = () => 100;

  it("go at once when there are enough, and after the delay when there are not", () => {
    expect(nextGroup([waiter("a", 0), waiter("a", 0)], submit, never, many)).to.equal(undefined);
    expect(nextGroup([waiter("a", 50), waiter("a", 0)], submit, never, many)).to.have.lengthOf(2);
    const four = Array.from({ length: 4 }, () => waiter("a", 0));
    expect(nextGroup(four, submit, never, many)).to.deep.equal(four.slice(0, 3));
  });

  it("wait for others while a batch of their kind is not mined, but not for ever", () => {
    const underWay = (key: string) => key === "a";
    expect(nextGroup([waiter("a", 100)], submit, underWay, many)).to.equal(undefined);
    expect(nextGroup([waiter("b", 100)], submit, underWay, many)).to.have.lengthOf(1);
    expect(nextGroup([waiter("a", 600)], submit, underWay, many)).to.have.lengthOf(1);
    expect(nextGroup([waiter("a", 0), waiter("a", 0), waiter("a", 0)], submit, underWay, many)).to.have.lengthOf(3);
  });

  it("are no more than a transaction's gas allows", () => {
    const three = [waiter("a", 0), waiter("a", 0), waiter("a", 0)];
    expect(nextGroup(three, submit, never, () => 2)).to.deep.equal(three.slice(0, 2));
    expect(nextGroup(three.slice(0, 1), submit, never, () => 1)).to.have.lengthOf(1);
  });

  it("hold up neither another kind nor a step that goes alone", () => {
    const [young, old, alone] = [waiter("a", 0), waiter("b", 50), waiter(undefined, 0)];
    expect(nextGroup([young, old], submit, never, many)).to.deep.equal([old]);
    expect(nextGroup([young, alone], submit, never, many)).to.deep.equal([alone]);
  });
});

describe("relayer: the gas of a batch", () => {
  const CAP = 2n ** 24n; // EIP-7825

  it("never passes what a transaction may have, whatever its items took before", () => {
    const gas = rememberGas();
    for (const [used, items] of [
      [117_809n * 50n, 50],
      [500_000n * 33n, 33],
      [CAP, 1],
    ] as const) {
      gas.used("act", items, used);
      const most = gas.capacity("act");
      expect(gas.limit("act", most) <= CAP, `${used} for ${items}`).to.equal(true);
      const perItem = ((used / BigInt(items)) * 13n) / 10n;
      expect(most).to.be.greaterThanOrEqual(1);
      // One more would not fit.
      expect(perItem * BigInt(most + 1) + 720_000n > CAP, `${used} for ${items}`).to.equal(true);
    }
    for (let time = 0; time < 10; time++) gas.exhausted("act");
    expect([gas.capacity("act"), gas.limit("act", 1)]).to.deep.equal([1, CAP]);
  });
});
