import { expect } from "chai";
import { runningCalls } from "../../web/src/device/running-calls.ts";

describe("calls of a session", () => {
  it("have ended when the last of them has, also one that failed or was begun meanwhile", async () => {
    const calls = runningCalls();
    const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const said: string[] = [];
    const run = calls.run(() => first.promise);
    const ended = calls.ended().then(() => said.push("ended"));
    const later = calls.run(() => second.promise).catch((error: unknown) => said.push(String(error)));
    first.resolve("done");
    expect(await run).to.equal("done");
    await new Promise(setImmediate);
    expect(said).to.deep.equal([]);
    second.reject(new Error("broke off"));
    await Promise.all([ended, later]);
    expect(said).to.deep.equal(["Error: broke off", "ended"]);
  });

  it("have ended where there are none, and take what a call throws at once", async () => {
    const calls = runningCalls();
    const thrown = await calls
      .run(() => {
        throw new RangeError("at once");
      })
      .catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(RangeError);
    await calls.ended();
  });
});
