import { existsSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { benchBfvFeatures, FEATURES } from "../../bench/bfv-paper/features.ts";
import { COMPARED, PAPER_DEVIATIONS_II, PAPER_TIMES_II } from "../../bench/bfv-paper/figures.ts";

const ROOT = new URL("../../", import.meta.url);

/** Titles of the tests in a file that run: not those of `it.skip`, nor what stands in a comment. */
function titlesIn(file: string): string[] {
  const text = readFileSync(new URL(file, ROOT), "utf8");
  return [...text.matchAll(/^\s*it\(\s*"((?:[^"\\]|\\.)*)"/gm)].map(([, title]) => JSON.parse(`"${title}"`) as string);
}

describe("the BFV paper's tables", () => {
  it("have for each feature of ours a test that is there", () => {
    for (const { name, shownBy } of FEATURES) {
      expect(shownBy, name).to.have.length.above(0);
      for (const { file, title } of shownBy) {
        expect(existsSync(new URL(file, ROOT)), file).to.equal(true);
        expect(titlesIn(file), `${file}: ${title}`).to.include(title);
      }
    }
  });

  it("have the nine features of Table IV, of which the paper claims all and the others some", async () => {
    const count = (column: (typeof COMPARED)[number]): number =>
      FEATURES.filter(({ has }) => has.includes(column)).length;
    expect(COMPARED.map(count)).to.deep.equal([6, 4, 6, 5, 9]);
    const { tables = [] } = await benchBfvFeatures({ quick: true });
    for (const { columns, rows } of tables) {
      expect(rows.length).to.equal(9);
      for (const row of rows) expect(row.length).to.equal(columns.length);
    }
  });

  it("have the deviation that the paper gives of its three sets", () => {
    const deviationOf = (operation: "Enc" | "Add" | "Dec"): number => {
      const times = Object.values(PAPER_TIMES_II).map((each) => each[operation]);
      const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
      return Math.sqrt(times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (times.length - 1));
    };
    expect(deviationOf("Enc")).to.be.closeTo(PAPER_DEVIATIONS_II.Enc, 0.0005);
    expect(deviationOf("Add")).to.be.closeTo(PAPER_DEVIATIONS_II.Add, 0.0005);
    expect(deviationOf("Dec")).to.be.closeTo(PAPER_DEVIATIONS_II.Dec, 0.0005);
  });
});
