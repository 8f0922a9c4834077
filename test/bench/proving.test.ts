import { expect } from "chai";
import { benchProving } from "../../bench/audit/proving.ts";

describe("the benchmark of an audit by seals", () => {
  it("generates a history whose headers are proven", async function () {
    this.timeout(120_000);
    const { tables = [] } = await benchProving(50);
    const [believed, proven] = tables[0]?.rows ?? [];
    expect(believed?.at(-1)).to.equal("none");
    expect(Number(proven?.at(-1))).to.be.greaterThan(0);
  });
});
