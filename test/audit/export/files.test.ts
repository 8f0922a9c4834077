import { expect } from "chai";
import { csvOf, jsonOf, ndjsonOf } from "../../../audit/export/index.ts";
import { entry, everyEntry, historyOf, ids, purposeBytes, revocation } from "../support/entries.ts";

/** CSV by RFC 4180, read without the library that wrote it. */
function parseCsv(text: string): Record<string, string>[] {
  const rows = [...text.matchAll(/(?:(?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,|\r\n))/g)].reduce<string[][]>(
    (all, [cell]) => {
      all.at(-1)?.push(
        cell
          .replace(/,$|\r\n$/, "")
          .replace(/^"(.*)"$/s, "$1")
          .replaceAll('""', '"'),
      );
      if (cell.endsWith("\r\n")) all.push([]);
      return all;
    },
    [[]],
  );
  const [head = [], ...lines] = rows.filter((row) => row.length > 0);
  return lines.map((line) => {
    expect(line).to.have.length(head.length);
    return Object.fromEntries(head.map((name, index) => [name, line[index] ?? ""]));
  });
}

describe("the history as CSV and JSON", () => {
  it("has a CSV line for each request, with both chains' sides and the counts", () => {
    const entries = everyEntry();
    const rows = parseCsv([...csvOf(entries)].join(""));
    expect(rows.map((row) => row.request)).to.deep.equal(entries.map(({ requestId }) => requestId));
    const { requested, decision, response, acknowledgement } = entry();
    expect(rows[0]).to.include({
      record: ids.record,
      requester: ids.requester,
      owner: ids.owner,
      purpose: "TREAT",
      requested_at: "2025-10-09T08:53:20Z",
      requested_transaction: requested?.transactionHash,
      decision: "Granted",
      decided_block: String(decision?.block),
      hospital_count: "1",
      hospital_limit: "10",
      record_limit: "5",
      response: "Granted",
      response_transaction: response?.transactionHash,
      acknowledgement: acknowledgement?.acknowledgement,
      unanswered_at: "",
    });
    const withdrawn = rows.find(({ earlier_decisions }) => earlier_decisions !== "");
    expect(withdrawn).to.include({ earlier_decisions: "Granted", decision: "RecordRevoked" });
  });

  it("says in CSV by which standing consent the patient's device approved, where it was by one", () => {
    const consent = purposeBytes("a consent");
    const [by, without] = parseCsv([...csvOf([entry({ consent }), entry()])].join(""));
    expect([by?.standing_consent, without?.standing_consent]).to.deep.equal([consent, ""]);
  });

  it("lets no cell be a formula, a control sequence, or end its line", () => {
    for (const hostile of ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "\r\n=1", 'a",=1\n', "\x1b[2J"]) {
      const text = [...csvOf([entry({ purpose: purposeBytes(hostile) })])].join("");
      const [row] = parseCsv(text);
      expect(row?.purpose, hostile).to.match(/^[^=+\-@\t\r]/);
      expect(text.split("\r\n")).to.have.length(3);
      expect(text).to.match(/^[\x20-\x7e\r\n]*$/);
    }
  });

  it("gives what is in the history as JSON, a line for each request, also where there is none", () => {
    const entries = everyEntry();
    const read = JSON.parse([...jsonOf(historyOf(entries, [revocation()]), {})].join(""));
    expect(read.heads).to.have.length(2);
    expect(read.requests).to.have.length(entries.length);
    expect(read.requests[0].decision).to.include({ decision: "Granted", hospitalCount: "1" });
    expect(read.requests[0].purposeText).to.equal("TREAT");
    expect(read.recordChanges[0].kind).to.equal("revoked");
    expect(JSON.parse([...jsonOf(historyOf([]), {})].join(""))).to.deep.include({ requests: [], recordChanges: [] });
    const lines = [...ndjsonOf(entries)].join("").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).requestId)).to.deep.equal(entries.map(({ requestId }) => requestId));
  });
});
