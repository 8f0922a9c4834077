/** What shows a history where there is no store: reading exports back, searching, verdicts of files. */
import { exportedLines, readEntry, readVerdict, search, summaryOf } from "@medexchain/audit/view";
import { toJson } from "@medexchain/core";
import { expect } from "chai";
import { jsonOf, ndjsonOf } from "../../audit/export/index.ts";
import { finding } from "../../audit/finding.ts";
import { entry, everyEntry, historyOf, ids, refused, revocation, T0 } from "./support/entries.ts";
import { refusalOf } from "./support/refusal-of.ts";

/** A text in chunks of so many bytes. */
async function* chunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const linesOf = (text: string, size = 1000) => Array.fromAsync(exportedLines(chunks(text, size)));

describe("an exported history", () => {
  const entries = everyEntry();
  const json = [...jsonOf(historyOf(entries, [revocation()]), {})].join("");

  it("is read back as it was, request by request and change by change, however it comes in", async () => {
    for (const size of [1, 7, 100_000]) {
      const lines = await linesOf(json, size);
      const requests = lines.filter(({ kind }) => kind === "request");
      expect(requests.map((line) => readEntry(line.json))).to.deep.equal(entries);
      expect(lines.filter(({ kind }) => kind === "change")).to.have.length(1);
      const bytes = Buffer.from(json);
      for (const line of lines) expect(bytes.subarray(line.start, line.end).toString()).to.equal(line.json);
    }
  });

  it("is read with one request a line, too, and where nothing is in it", async () => {
    const lines = await linesOf([...ndjsonOf(entries)].join(""));
    expect(lines.map((line) => readEntry(line.json))).to.deep.equal(entries);
    expect(await linesOf([...jsonOf(historyOf([]), {})].join(""))).to.deep.equal([]);
    expect(await linesOf([...jsonOf(historyOf([], [revocation()]), {})].join(""))).to.have.length(1);
  });

  it("is refused where a line has no end, and no request is made of what is none", async () => {
    const endless = linesOf("x".repeat(2_000_000), 100_000);
    expect(
      await endless.then(
        () => "",
        ({ code }) => code,
      ),
    ).to.equal("INPUT_INVALID");
    const [first] = await linesOf(json);
    for (const [from, to] of [
      ['"decision":"Granted"', '"decision":"Given"'],
      ['"purpose":"0x', '"purpose":"<img src=x>'],
      ['"timestamp":"', '"timestamp":"-'],
      ['"block":', '"block":1.5,"was":'],
    ] as const) {
      const altered = first?.json.replace(from, to) ?? "";
      expect(altered, from).not.to.equal(first?.json);
      expect(readEntry(altered), to).to.equal(undefined);
    }
    expect(readEntry("{")).to.equal(undefined);
  });
});

describe("a search", () => {
  const entries = [entry(), refused("DeniedByOwner"), refused("RecordUnknown"), entry({ decisions: [] }, "open")];
  const summaries = entries.map(summaryOf);
  const names = new Map<string, string>([[ids.hospitalA, "Hospital Ä"]]);
  const found = (wanted: Parameters<typeof search>[1]) => search(summaries, wanted, names);

  it("finds by id, by a hospital's name, by decision, hospital and time", () => {
    expect(found({})).to.deep.equal([0, 1, 2, 3]);
    expect(found({ text: entries[1]?.requestId.slice(0, 20).toUpperCase().replace("0X", "0x") ?? "" })).to.deep.equal([
      1,
    ]);
    expect(found({ text: "hospital ä" })).to.deep.equal([0, 1, 3]); // of the unknown record nobody knows the owner
    expect(found({ text: "nobody" })).to.deep.equal([]);
    expect(found({ decision: "none" })).to.deep.equal([3]);
    expect(found({ decision: "DeniedByOwner", hospital: ids.hospitalB })).to.deep.equal([1]);
    const asked = Number(summaries[0]?.asked);
    expect(asked).to.be.at.least(Number(T0));
    expect(found({ since: asked, until: asked + 1 })).to.have.length(4);
    expect(found({ until: asked })).to.deep.equal([]);
    expect(found({ among: new Set([entries[3]?.requestId ?? ""]) })).to.deep.equal([3]);
  });

  it("sorts, and leaves what is the same in its order", () => {
    expect(found({ sort: "decision" })).to.deep.equal([3, 1, 0, 2]);
    expect(found({ sort: "decision", descending: true })).to.deep.equal([2, 0, 1, 3]);
    expect(found({ sort: "asked", descending: true })).to.deep.equal([0, 1, 2, 3]);
  });
});

describe("a verdict's file", () => {
  const wrong = finding({ code: "COUNT_WRONG", message: "a \u202ecount", where: { entry: 4n }, expected: 1, found: 2 });
  const told = (passed: boolean, ...findings: unknown[]) => toJson({ passed, findings, chains: [] });

  it("is told as it says, with nothing in its texts that moves others", () => {
    const verdict = readVerdict(told(false, wrong));
    expect(verdict.findings[0]).to.deep.include({ code: "COUNT_WRONG", message: "a \\u{202e}count" });
    expect(readVerdict(told(true)).passed).to.equal(true);
  });

  it("is refused where it says that it passed in spite of what it found, or is none", () => {
    for (const text of [told(true, wrong), told(false), "{}", "<html>"]) {
      expect(
        refusalOf(() => readVerdict(text)),
        text,
      ).to.equal("INPUT_INVALID");
    }
  });
});
