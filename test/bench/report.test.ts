import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { formatCell } from "../../bench/format-cell.ts";
import { formatText } from "../../bench/format-text.ts";
import { measure, quantile, ratioOf, summarise } from "../../bench/measure.ts";
import { environment, type Measured, type Report } from "../../bench/report.ts";
import { SECTIONS } from "../../bench/sections.ts";
import { reportOf } from "../../bench/soak.ts";
import { parseSoakOptions } from "../../bench/soak-options.ts";
import { readReport, writeReport } from "../../bench/write-report.ts";

const REPORT: Report = {
  title: "A title",
  measurements: [
    summarise(
      "a case",
      [1, 2, 3, 4].map((wall) => ({ wall, cpu: wall / 2 })),
    ),
  ],
  ratios: { "slow over fast": 2 },
  watched: { "watched ratio": 3 },
  tables: [{ title: "A table", columns: ["name", "count"], rows: [["a | b", 12345]], note: "quoted" }],
  plots: [
    {
      file: "lines",
      title: "Lines",
      kind: "line",
      x: "n",
      y: "ms",
      log: ["x"],
      points: [1, 10].map((x) => ({ series: "one", x, y: x })),
    },
    {
      file: "bars",
      title: "Bars",
      kind: "bar",
      x: "",
      y: "ms",
      points: ["one", "two"].map((x) => ({ series: "s", x, y: 1 })),
    },
  ],
  sizes: { "a key": 96 },
  notes: ["A note."],
};

const MEASURED: Measured = { environment: { ...environment(), load: "0.1, 0.2, 0.3" }, report: REPORT };
const ELSEWHERE: Measured = {
  environment: { ...MEASURED.environment, cpu: "1 × another" },
  report: { ...REPORT, title: "Another title", plots: [] },
};

describe("the benchmark's report", () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "medex-report-"));
    await writeReport(folder, {
      example: MEASURED,
      other: ELSEWHERE,
      again: { ...MEASURED, report: ELSEWHERE.report },
    });
  });
  after(() => rmSync(folder, { recursive: true }));

  it("holds every table, ratio, size, note and plot of a section in Markdown", () => {
    const markdown = readFileSync(join(folder, "report.md"), "utf8");
    for (const part of [
      "## A title",
      "`npm run bench -- example`",
      "| a \\| b | 12,345 |",
      "*quoted*",
      "| slow over fast | 2.00× |",
      "| watched ratio | 3.00× |",
      "| a key | 96 |",
      "![Lines](lines.svg)",
      "- A note.",
      `- node: ${process.version}`,
    ]) {
      expect(markdown).to.include(part);
    }
  });

  it("names each machine once, and beside a section its own, its day and its load", () => {
    const markdown = readFileSync(join(folder, "report.md"), "utf8");
    const cpu = MEASURED.environment.cpu;
    expect(markdown.split(`- cpu: ${cpu}\n`)).to.have.length(2);
    expect(markdown.split("- cpu: 1 × another\n")).to.have.length(2);
    expect(markdown).to.include(`bench -- example\`, ${MEASURED.environment.date}, ${cpu}, `);
    expect(markdown).to.match(/bench -- other`, .*1 × another.*load before it 0\.1, 0\.2, 0\.3/);
  });

  it("holds the same as data, and is read back for a section to be put in", () => {
    const { example, other } = readReport(folder);
    expect(example).to.deep.equal(MEASURED);
    expect(other).to.deep.equal(ELSEWHERE);
    expect(example?.environment.packages).to.match(/mcl-wasm \d/);
    expect(readReport(join(folder, "none"))).to.deep.equal({});
  });

  it("draws each plot as an SVG with its labels", () => {
    const lines = readFileSync(join(folder, "lines.svg"), "utf8");
    expect(lines)
      .to.match(/^<svg [^>]*>/)
      .and.to.include("Lines");
    expect(readFileSync(join(folder, "bars.svg"), "utf8")).to.include("two");
  });

  it("shows the same figures at a terminal", () => {
    expect(formatText(REPORT)).to.include("12,345").and.to.include("2.00×").and.to.include("A note.");
  });

  it("writes numbers with four significant digits, and a dash for none", () => {
    expect([1234567, 0.0123456, 1234.56, Number.NaN, "as is"].map((cell) => formatCell(cell))).to.deep.equal([
      "1,234,567",
      "0.01235",
      "1,235",
      "–",
      "as is",
    ]);
  });

  it("gives each section a name of its own", () => {
    expect(new Set(SECTIONS.map(({ name }) => name)).size).to.equal(SECTIONS.length);
  });
});

describe("the benchmark's measuring", () => {
  it("summarises samples by median, quartiles, mean and σ", () => {
    const [summary] = REPORT.measurements;
    expect(summary).to.include({
      median: 2.5,
      lowerQuartile: 1.75,
      upperQuartile: 3.25,
      mean: 2.5,
      cpu: 1.25,
      rounds: 4,
    });
    // Not closeTo: where contracts' tests ran before, it takes whole numbers only.
    expect(Math.abs((summary?.deviation ?? Number.NaN) - Math.sqrt(1.25)) < 1e-12).to.equal(true);
    expect(quantile([], 0.5)).to.be.NaN;
  });

  it("calls the cases in turn, once before it counts", async () => {
    const calls: string[] = [];
    const measured = await measure({ a: () => calls.push("a"), b: () => calls.push("b") }, 2);
    expect(calls.join("")).to.equal("ababab");
    expect(measured.map(({ name, rounds }) => [name, rounds])).to.deep.equal([
      ["a", 2],
      ["b", 2],
    ]);
  });

  const work = (steps: number) => (): number => {
    let x = 1;
    for (let i = 0; i < steps; i += 1) x = (Math.imul(x, 1664525) + 1013904223) | 0;
    return x;
  };

  it("counts work as processor time, to fractions of a millisecond, and waiting as none", async () => {
    const measured = await measure(
      {
        less: work(5e5),
        more: work(2e6),
        // What is measured is waiting itself.
        wait: () => new Promise((resolve) => setTimeout(resolve, 20)),
      },
      15,
    );
    expect(ratioOf(measured, "more", "less", "cpu")).to.be.within(2.5, 6);
    expect(ratioOf(measured, "more", "wait", "cpu")).to.be.above(2);
    expect(() => ratioOf(measured, "more", "nothing")).to.throw('no case is named "nothing"');
  });

  it("has a soak's memory at each tenth, and its last third over the middle one", () => {
    // Two samples a second for a minute, 100 MiB in the first two thirds and 150 in the last.
    const samples = Array.from({ length: 120 }, (_, index) => ({
      at: index * 500,
      memory: index < 80 ? 100 : 150,
      processor: 0,
    }));
    const { tables, notes } = reportOf({ minutes: 1, rate: 2, count: 120, seconds: 60, samples });
    expect(tables?.[0]?.rows.map(([, , memory]) => memory)).to.deep.equal([
      ...Array(6).fill(100),
      ...Array(4).fill(150),
    ]);
    expect(notes?.join()).to.include("1.500").and.include("2.00 a second");
    expect(() => parseSoakOptions({ rate: "0" })).to.throw("--rate");
    expect(parseSoakOptions({ minutes: "3" })).to.deep.equal({ minutes: 3, rate: 2 });
  });
});
