import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { betterOf, lossesOf, readRatios, storeRatios } from "../../bench/ratios.ts";

describe("the benchmark's ratios", () => {
  const stored = { pre: { ReEnc: 2, Enc: 4 }, bfv: { keys: 1 } };

  it("takes a loss of a quarter, and refuses more, naming section and ratio", () => {
    expect(lossesOf(stored, { pre: { ReEnc: 1.5, Enc: 40 } })).to.deep.equal([]);
    const [loss, ...others] = lossesOf(stored, { pre: { ReEnc: 1.49, Enc: 4 } });
    expect(loss).to.match(/^pre: ReEnc is 1\.49×, was 2\.00×/);
    expect(others).to.deep.equal([]);
  });

  it("takes the better of two measurements, ratio by ratio, and what was measured once as it is", () => {
    const first = { pre: { ReEnc: 1.2, Enc: 5 }, bfv: { Add: 2 } };
    expect(betterOf(first, { pre: { ReEnc: 2, Enc: 4 } })).to.deep.equal({
      pre: { ReEnc: 2, Enc: 5 },
      bfv: { Add: 2 },
    });
  });

  it("refuses a ratio that was not measured, one that is not stored, and one that is no number", () => {
    expect(lossesOf(stored, { pre: { Enc: 4 } })).to.have.lengthOf(1);
    expect(lossesOf(stored, { pre: { ...stored.pre, Dec: 1 } })).to.have.lengthOf(1);
    expect(lossesOf(stored, { pre: { ReEnc: Number.NaN, Enc: 4 } })).to.have.lengthOf(1);
    expect(lossesOf(stored, { other: { x: 1 } })).to.have.lengthOf(1);
  });

  it("says nothing of sections that were not run", () => {
    expect(lossesOf(stored, { bfv: { keys: 1 } })).to.deep.equal([]);
  });

  it("stores what was measured and keeps the other sections", () => {
    const folder = mkdtempSync(join(tmpdir(), "medex-ratios-"));
    try {
      const file = join(folder, "ratios.json");
      const before = readRatios();
      storeRatios({ "a section of this test": { x: 1.23456 } }, pathToFileURL(file));
      expect(JSON.parse(readFileSync(file, "utf8"))).to.deep.equal({
        ...before,
        "a section of this test": { x: 1.23 },
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
