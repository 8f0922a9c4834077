import { expect } from "chai";
import { OPERATIONS } from "../../bench/count-operations.ts";
import { type Implemented, modelPlots, modelTables } from "../../bench/schemes/model-tables.ts";
import { modelBytes, modelTimes } from "../../bench/schemes/modelled.ts";
import {
  operationsOf,
  PAPER_BYTES,
  PAPER_STAGES,
  PAPER_TIMES,
  PAPER_TOTALS,
  SCHEMES,
} from "../../bench/schemes/paper-counts.ts";
import { sizePlot, sizeTables } from "../../bench/schemes/size-tables.ts";

/** What an implementation of one of each operation in each stage, at one millisecond a stage, would have been measured as. */
function implementedAs(name: string): Implemented {
  const each = <Value>(value: Value) => Object.fromEntries(PAPER_STAGES.map((stage) => [stage, value])) as never;
  return { name, times: each(1), counts: each(Object.fromEntries(OPERATIONS.map((operation) => [operation, 1]))) };
}

describe("the schemes that the paper compares", () => {
  it("take by its counts and times what it says in all, but for differences that are known", () => {
    const differences = SCHEMES.map((scheme) =>
      (modelTimes(scheme, PAPER_TIMES).total - PAPER_TOTALS[scheme].ms).toFixed(2),
    );
    expect(differences).to.deep.equal(["0.21", "-0.21", "-0.10", "21.80", "-5.72", "0.13"]);
  });

  it("take by its element counts exactly the bytes that it says in all", () => {
    for (const scheme of SCHEMES) {
      expect(modelBytes(scheme, PAPER_BYTES).total, scheme).to.equal(PAPER_TOTALS[scheme].bytes);
    }
  });

  it("have all objects of ours beside theirs, and lie within the sizes of both source groups", () => {
    const bytes = { Key_DO: 48, Key_DU: 192, CT: 720, RK: 720, "CT'": 1344 };
    const [, checked, here] = sizeTables([{ name: "ours", bytes }]);
    expect(checked?.rows.map((row) => row.at(-1))).to.deep.equal([0, 0, 0, 0, 0, 0]);
    expect(here?.rows.at(-1)).to.deep.equal(["ours, measured", 48, 192, 720, 720, 1344, 3024]);
    expect(here?.rows.at(-2)?.slice(-2)).to.deep.equal(["1,248–1,344", "2,832–3,360"]);
    expect(sizePlot().points).to.deep.include({ series: "FABRIC [52]", x: "CT'", y: 24 * 128 + 128 });
  });

  it("grow with the attributes as the paper's formulas do", () => {
    expect(operationsOf("FABRIC [52]", { n: 3, N: 1 }).ReKeyGen).to.deep.equal({ E1: 15, E2: 2, H: 7 });
    expect(operationsOf("ABE-IBE [45]", { n: 3, N: 10 }).ReEnc).to.deep.equal({ E1: 2, E2: 1, P: 21 });
    expect(operationsOf("CP-HAPRE [46]", { n: 1, N: 5 }).ReEnc).to.deep.equal({ E2: 2, P: 3 });
    for (const N of [1, 50]) {
      expect(operationsOf("MedExChain", { n: 3, N })).to.deep.equal(operationsOf("MedExChain", { n: 9, N: 5 }));
    }
  });

  it("are put in tables with what was measured and counted of those that are implemented", () => {
    const implemented = ["ours", "IBPRE-CRF"].map(implementedAs);
    const tables = modelTables({ P: 1, E1: 10, E2: 100, H: 1000 }, implemented);
    const [, , , here, counts] = tables;
    expect(here?.rows.at(-1)).to.deep.equal([
      "IBPRE-CRF, measured",
      1,
      1,
      1,
      1,
      1,
      1,
      6,
      6 / (7 + 12 * 10 + 4 * 100 + 5 * 1000),
    ]);
    // A Miller loop, a product in G1 and one in G2, a power and a hash.
    expect(counts?.rows[0]).to.deep.equal(["KeyGen_DO", "2E1+H", "2E1+E2+P+H", "2E1+H", "2E1+E2+P+H"]);
    for (const { columns, rows, title } of tables) {
      for (const row of rows) expect(row.length, title).to.equal(columns.length);
    }
  });

  it("are plotted for 10 to 50 users and for 1,000, each in proportion", () => {
    const figure = modelPlots(PAPER_TIMES).find(({ file }) => file === "fig-6-schemes");
    const ours = figure?.points.filter(({ series }) => series === "MedExChain");
    expect(ours?.map(({ x }) => x)).to.deep.equal([10, 20, 30, 40, 50, 1000]);
    expect(ours?.map(({ x, y }) => (y / Number(x)).toFixed(2))).to.deep.equal(Array(6).fill("98.37"));
  });
});
