import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { createRecent } from "../../relayer/concurrency/recent.ts";

describe("relayer: recent answers", () => {
  it("serve whoever asks the same within their time, counted from the asking, and nobody after", async () => {
    const recent = createRecent<number>(30);
    let asked = 0;
    const ask = async () => ++asked;
    expect(await Promise.all([recent.get("one", ask), recent.get("one", ask), recent.get("other", ask)])).to.deep.equal(
      [1, 1, 2],
    );
    await sleep(60);
    expect(await recent.get("one", ask)).to.equal(3);
  });

  it("are not kept where there was none", async () => {
    const recent = createRecent<number>(60_000);
    const failed = await recent.get("one", () => Promise.reject(new RangeError("no answer"))).catch(() => "failed");
    expect(failed).to.equal("failed");
    expect(await recent.get("one", async () => 7)).to.equal(7);
  });
});
