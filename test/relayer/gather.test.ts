import { expect } from "chai";
import { chainConfigSchema } from "../../relayer/config/schema.ts";
import type { Waiter } from "../../relayer/submit/flight.ts";
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

  it("go at once when there are enough, and after the delay when there are not", () => {
    expect(nextGroup([waiter("a", 0), waiter("a", 0)], submit, never)).to.equal(undefined);
    expect(nextGroup([waiter("a", 50), waiter("a", 0)], submit, never)).to.have.lengthOf(2);
    const four = Array.from({ length: 4 }, () => waiter("a", 0));
    expect(nextGroup(four, submit, never)).to.deep.equal(four.slice(0, 3));
  });

  it("wait for others while a batch of their kind is not mined, but not for ever", () => {
    const underWay = (key: string) => key === "a";
    expect(nextGroup([waiter("a", 100)], submit, underWay)).to.equal(undefined);
    expect(nextGroup([waiter("b", 100)], submit, underWay)).to.have.lengthOf(1);
    expect(nextGroup([waiter("a", 600)], submit, underWay)).to.have.lengthOf(1);
    expect(nextGroup([waiter("a", 0), waiter("a", 0), waiter("a", 0)], submit, underWay)).to.have.lengthOf(3);
  });

  it("hold up neither another kind nor a step that goes alone", () => {
    const [young, old, alone] = [waiter("a", 0), waiter("b", 50), waiter(undefined, 0)];
    expect(nextGroup([young, old], submit, never)).to.deep.equal([old]);
    expect(nextGroup([young, alone], submit, never)).to.deep.equal([alone]);
  });
});
