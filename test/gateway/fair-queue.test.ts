import { MedexError } from "@medexchain/core";
import { expect } from "chai";
import { createFairQueue, type FairQueueOptions } from "../../gateway/fair-queue.ts";

/** A queue whose work ends when the test says so. */
function queueWith(options: FairQueueOptions) {
  const queue = createFairQueue(options);
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const outcomes = new Map<string, string>();
  const never = new AbortController().signal;
  const add = (sender: string, name: string, signal = never) => {
    const work = () =>
      new Promise<string>((resolve) => {
        started.push(name);
        ends.set(name, () => resolve("done"));
      });
    queue.run(sender, signal, work).then(
      (outcome) => outcomes.set(name, outcome),
      (error: unknown) => outcomes.set(name, MedexError.is(error) ? error.code : String(error)),
    );
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const end = async (name: string) => {
    ends.get(name)?.();
    await settle();
  };
  return { add, end, settle, started, outcomes };
}

describe("the gateway's queue", () => {
  it("takes senders in turn, however much one has sent", async () => {
    const { add, end, settle, started } = queueWith({ places: 1, each: 1, waiting: 100 });
    for (let i = 0; i < 20; i++) add("flood", `f${i}`);
    add("a", "a0");
    add("b", "b0");
    add("a", "a1");
    await settle();
    await end("f0");
    await end("f1");
    await end("a0");
    await end("b0");
    await end("f2");
    expect(started).to.deep.equal(["f0", "f1", "a0", "b0", "f2", "a1"]);
  });

  it("leaves places that one sender cannot take", async () => {
    const { add, end, started, settle } = queueWith({ places: 4, each: 2, waiting: 100 });
    for (let i = 0; i < 5; i++) add("flood", `f${i}`);
    add("a", "a0");
    await settle();
    expect(started).to.deep.equal(["f0", "f1", "a0"]);
    await end("f1");
    expect(started).to.deep.equal(["f0", "f1", "a0", "f2"]);
  });

  it("turns away the newest of whoever has most waiting, when too much does", async () => {
    const { add, end, settle, outcomes } = queueWith({ places: 1, each: 1, waiting: 3 });
    for (let i = 0; i < 6; i++) add("flood", `f${i}`);
    add("a", "a0");
    add("b", "b0");
    await settle();
    expect([...outcomes]).to.have.deep.members([
      ["f5", "GATEWAY_BUSY"],
      ["f4", "GATEWAY_BUSY"],
      ["f3", "GATEWAY_BUSY"],
      ["f2", "GATEWAY_BUSY"],
    ]);
    add("c", "c0"); // nobody has more waiting than this one
    await settle();
    expect(outcomes.get("c0")).to.equal("GATEWAY_BUSY");
    for (const name of ["f0", "f1", "a0", "b0"]) await end(name);
    expect(["f0", "f1", "a0", "b0"].map((name) => outcomes.get(name))).to.deep.equal(Array(4).fill("done"));
  });

  it("forgets who has gone, and keeps the place of what runs until it ends", async () => {
    const { add, end, settle, started, outcomes } = queueWith({ places: 1, each: 1, waiting: 100 });
    const caller = new AbortController();
    add("a", "a0", caller.signal);
    add("a", "a1", caller.signal);
    add("b", "b0");
    caller.abort("gone");
    add("a", "a2", caller.signal);
    await settle();
    expect(started).to.deep.equal(["a0"]);
    expect([outcomes.get("a1"), outcomes.get("a2")]).to.deep.equal(["gone", "gone"]);
    await end("a0");
    expect(started).to.deep.equal(["a0", "b0"]);
  });
});
