import { expect } from "chai";
import { fileNameOf, kindOf } from "../../web/src/record/file-kind.ts";
import { seriesOf } from "../../web/src/record/series.ts";
import { fileOf, isShownAsImage, shownOf } from "../../web/src/record/shown.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const json = (resources: readonly object[]): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({ resourceType: "Bundle", entry: resources.map((resource) => ({ resource })) }),
  );
const measured = (at: number, value: number, more: object = {}) => ({
  resourceType: "Observation",
  code: { text: "Pulse" },
  effectiveDateTime: new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString(),
  valueQuantity: { value, unit: "/min" },
  ...more,
});

describe("an opened record", () => {
  it("is saved under a name of its kind", () => {
    const named = (format: string, text: string, title: string) => fileNameOf(title, kindOf(bytes(text), format));
    expect(named("fhir-r4+json", "{}", "Heart visits")).to.equal("Heart visits.json");
    expect(named("fhir-r4+ndjson", "{}", "Heart visits")).to.equal("Heart visits.ndjson");
    expect(named("csv", "a,b", "visits.csv")).to.equal("visits.csv");
    for (const [text, extension] of [
      ["\x89PNG\r\n\x1a\n…", ".png"],
      ["\xff\xd8\xff\xe0", ".jpg"],
      ["GIF89a", ".gif"],
      ["RIFF\x10\0\0\0WEBPVP8 ", ".webp"],
      ["RIFF\x10\0\0\0WAVEfmt ", ".bin"],
      [`${"\0".repeat(128)}DICM`, ".dcm"],
      ["%PDF-1.7", ".pdf"],
      ["<svg onload=alert(1)>", ".bin"],
      ["", ".bin"],
    ] as const) {
      expect(named("binary", text, "X-ray")).to.equal(`X-ray${extension}`);
    }
    expect(named("csv", "a,b", "../../etc/pass\u202ewd\0")).to.equal("etc-pass-wd.csv");
    expect(named("csv", "a,b", "...")).to.equal("record.csv");
    expect(named("csv", "a,b", "x".repeat(1000))).to.have.length(104);
  });

  it("is an image to the browser where it is one of those that run nothing, and else bytes", () => {
    const png = bytes("\x89PNG\r\n\x1a\n");
    expect(isShownAsImage(shownOf(png, "binary"))).to.equal(true);
    expect(fileOf(png, kindOf(png, "binary")).type).to.equal("image/png");
    for (const format of ["binary", "csv", "fhir-r4+json"]) {
      const page = bytes("<!doctype html><script>alert(1)</script>");
      expect(isShownAsImage(shownOf(page, format))).to.equal(false);
      expect(fileOf(page, kindOf(page, format)).type).to.equal("application/octet-stream");
    }
    expect(isShownAsImage(shownOf(png, "csv"))).to.equal(false);
  });

  it("is drawn with as many values as can be told apart, its highest and lowest among them", () => {
    const many = Array.from({ length: 30_000 }, (_, at) => measured(at, at === 17_003 ? 999 : at === 9 ? -5 : at % 50));
    const { series, observations } = shownOf(json(many), "fhir-r4+json");
    const [pulse] = series.shown;
    expect(series.shown).to.have.length(1);
    expect(pulse?.count).to.equal(30_000);
    const values = pulse?.points.map(({ value }) => value) ?? [];
    expect(values.length).to.be.within(200, 400);
    expect([Math.min(...values), Math.max(...values)]).to.deep.equal([-5, 999]);
    const times = pulse?.points.map(({ at }) => at) ?? [];
    expect(times).to.deep.equal(times.toSorted((one, other) => one - other));
    expect(observations.more).to.equal(30_000 - observations.shown.length);
  });

  it("shows a limited number of kinds, resources, rows, columns and characters, and says how many more there are", () => {
    const kinds = Array.from({ length: 2_000 }, (_, at) => measured(at, at, { code: { text: `Kind ${at % 1000}` } }));
    const conditions = Array.from({ length: 1_000 }, () => ({
      resourceType: "Condition",
      code: { text: "x".repeat(5_000) },
    }));
    const shown = shownOf(json([...kinds, ...conditions]), "fhir-r4+json");
    expect([shown.series.shown.length, shown.series.more]).to.deep.equal([24, 976]);
    expect([shown.facts.shown.length, shown.facts.more]).to.deep.equal([200, 800]);
    expect(shown.facts.shown[0]?.title.length).to.be.below(600);
    expect(shown.text).to.have.length(100_000);

    const wide = shownOf(bytes(`${"a,".repeat(5_000)}b\n`.repeat(300)), "csv");
    expect([wide.table.length, wide.table[0]?.length, wide.isTableCut]).to.deep.equal([200, 50, true]);
    const small = shownOf(bytes("a,b\n1,2\n"), "csv");
    expect([small.table, small.isTableCut]).to.deep.equal([
      [
        ["a", "b"],
        ["1", "2"],
      ],
      false,
    ]);
    const quoted = shownOf(
      new TextEncoder().encode('\uFEFFwhen;"what; in words"\r\n1,5;"two ""quotes""\nand a line"\r\n'),
      "csv",
    );
    expect(quoted.table).to.deep.equal([
      ["when", "what; in words"],
      ["1,5", 'two "quotes"\nand a line'],
    ]);
    const broken = shownOf(bytes('a\tb\n1\t2\n3\t"4\n'), "csv");
    expect(broken.table, "up to where it is no table").to.deep.equal([
      ["a", "b"],
      ["1", "2"],
    ]);
  });

  it("tells kinds apart by unit, and draws no range and no value that is none", () => {
    const base = { when: "2026-01-01", what: "Glucose", text: "" };
    const next = { ...base, when: "2026-01-02" };
    expect(
      seriesOf([
        { ...base, unit: "mg/dL", value: 90, low: 100, high: 70 },
        { ...next, unit: "mg/dL", value: 95 },
        { ...base, unit: "mmol/L", value: 5, low: 4, high: 6 },
        { ...next, unit: "mmol/L", value: 6 },
        { ...base, unit: "mmol/L", value: 1e308 },
        { ...next, unit: "mmol/L", value: -1e308 },
        { ...base, when: "some day", unit: "mmol/L", value: 7 },
        { ...base, unit: "alone", value: 7 },
      ]).map(({ unit, count, low, high }) => ({ unit, count, low, high })),
    ).to.deep.equal([
      { unit: "mg/dL", count: 2, low: undefined, high: undefined },
      { unit: "mmol/L", count: 2, low: 4, high: 6 },
    ]);
  });
});
