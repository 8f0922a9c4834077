import { readFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import { deriveByteKeys, openEncryptor } from "@medexchain/bfv";
import { MedexError } from "@medexchain/core";
import { describeFragment, type RecordFormat, splitRecord, summariseRecord } from "@medexchain/sfe";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { progressLine } from "../../cli/output/progress-line.ts";
import { estimateApproval } from "../../cli/record/approval-estimate.ts";
import { confirm } from "../../cli/record/confirm.ts";

describe("asking before a record is published", () => {
  const ask = async (typed: string | undefined): Promise<string> => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const answer = confirm("Publish it?", { input, output }).then(
      () => "yes",
      (error: unknown) => (MedexError.is(error) ? error.code : String(error)),
    );
    if (typed === undefined) input.end();
    else input.write(`${typed}\n`);
    expect(String(output.read())).to.equal("Publish it? [y/N] ");
    return answer;
  };

  it("goes on at yes, and at nothing else", async () => {
    for (const typed of ["y", "yes", " YES "]) expect(await ask(typed), typed).to.equal("yes");
    for (const typed of ["", "n", "no", "yesterday", "medex record list"]) {
      expect(await ask(typed), typed).to.equal("INPUT_INVALID");
    }
  });

  it("takes a closed input for a no", async () => {
    expect(await ask(undefined)).to.equal("INPUT_INVALID");
  });
});

describe("the line that shows how far work has come", () => {
  function watch(isTTY: boolean) {
    let now = 0;
    let written = "";
    const stream = { isTTY, write: (text: string) => (written += text) };
    const line = progressLine(stream, () => now);
    const shown = (act: () => void): string => {
      written = "";
      act();
      return written;
    };
    return {
      pieces(milliseconds: number, done: number): string {
        now = milliseconds;
        return shown(() => line.show({ step: "encrypting", unit: "pieces", done, total: 10 }));
      },
      bytes(milliseconds: number, done: number): string {
        now = milliseconds;
        return shown(() => line.show({ step: "storing", unit: "bytes", done, total: 8_000_000 }));
      },
      ended: () => shown(line.end),
    };
  }

  it("is shown from the first second on, with the time that is left, and taken away at the end", () => {
    const { pieces, ended } = watch(true);
    expect(pieces(900, 1)).to.equal("");
    expect(pieces(1000, 2)).to.include("encrypting: 2 of 10 pieces, about 4 s left");
    expect(pieces(1100, 3)).to.equal("");
    expect(pieces(2000, 5)).to.include("5 of 10 pieces, about 2 s left");
    expect(ended()).to.equal("\r\u001b[K");
  });

  it("reckons each step by itself, in pieces or bytes", () => {
    const { pieces, bytes } = watch(true);
    expect(pieces(10_000, 10)).to.include("10 of 10 pieces, about 0 s left");
    // Of the next step nothing is known when it begins.
    expect(bytes(10_300, 1_000_000)).to.match(/storing: 1\.0 MB of 8\.0 MB$/);
    expect(bytes(11_300, 2_000_000)).to.include("2.0 MB of 8.0 MB, about 3 s left");
  });

  it("is not shown where nobody watches, nor of what is quick", () => {
    const program = watch(false);
    expect(program.pieces(5000, 5) + program.ended()).to.equal("");
    const quick = watch(true);
    expect(quick.pieces(500, 10) + quick.ended()).to.equal("");
  });
});

describe("the estimate of an approval", function () {
  this.timeout(60_000);

  it("is what is sent, within a tenth", async () => {
    using encryptor = await openEncryptor("bytes", await deriveByteKeys(randomBytes(32)));
    const table = `name,weight\n${Array.from({ length: 30_000 }, (_, i) => `somebody ${i},${i % 90}`).join("\n")}\n`;
    const read = (file: string) => new Uint8Array(readFileSync(new URL(`../../examples/${file}`, import.meta.url)));
    const records: [Uint8Array, RecordFormat, string[]][] = [
      [read("patient-record.json"), "fhir-r4+json", ["vitals-only"]],
      [read("chest-image.png"), "binary", ["0-"]],
      [new TextEncoder().encode(table), "csv", ["name", "weight"]],
    ];
    for (const [bytes, format, selectors] of records) {
      let sent = 0;
      for (const { head, privateFragment } of splitRecord(bytes, { format, selectors })) {
        const features = describeFragment(head, privateFragment).map(({ measure: _, ...feature }) => feature);
        sent += encryptor.encrypt(features, { numericSlots: false }).length;
      }
      const estimate = estimateApproval(summariseRecord(bytes, { format, selectors }));
      expect(estimate.bytes / sent, format).to.be.within(0.9, 1.1);
    }
  });

  it("counts blocks while the Tangle carries the message, and boxes beyond", () => {
    const of = (bytes: number) =>
      estimateApproval({ pieces: 1, private: { features: 1, bytes, names: ["Patient.photo.data"] } });
    expect(of(10)).to.deep.include({ blocks: 2, boxes: 0 });
    expect(of(15_000_000)).to.deep.include({ blocks: 1, boxes: 39, encryptionSeconds: 6 });
    // Proof of work is by block: what is in boxes costs the head's alone.
    expect(of(15_000_000).workSeconds).to.be.lessThan(of(10).workSeconds);
  });
});
