import { bfvContext, PROFILE_NAMES } from "@medexchain/bfv";
import { inspectFormat, MAX_LENGTHS, readRecord, SLOT_LIMIT } from "@medexchain/sfe";
import { assert } from "chai";
import fc from "fast-check";
import { toFixedPoint } from "../../offchain/bfv/fixed-point.ts";
import { slotFault } from "../../offchain/sfe/slot-numbers.ts";
import { refusal } from "../offchain/sfe/support.ts";
import { bytesOf, take } from "./support.ts";

/** A data element with an explicit value representation (PS3.5, 7.1.2). */
function element(group: number, number: number, representation: string, value: Uint8Array | string): Uint8Array {
  const body = typeof value === "string" ? bytesOf(value.length % 2 === 0 ? value : `${value} `) : value;
  const isLong = ["OB", "OW", "SQ", "UN", "UT"].includes(representation);
  const header = new Uint8Array(isLong ? 12 : 8);
  const view = new DataView(header.buffer);
  view.setUint16(0, group, true);
  view.setUint16(2, number, true);
  header.set(bytesOf(representation), 4);
  if (isLong) view.setUint32(8, body.length, true);
  else view.setUint16(6, body.length, true);
  return Uint8Array.from(Buffer.concat([header, body]));
}

/** A sequence that ends with a delimiter, its one item as well, with a small picture in it (PS3.5, 7.5.2). */
function openSequence(): Uint8Array {
  const sequence = element(0x88, 0x0200, "SQ", new Uint8Array(0));
  sequence.fill(0xff, 8, 12);
  const item = [0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff];
  const ends = [0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0];
  return Uint8Array.from([...sequence, ...item, ...element(0x7fe0, 0x0010, "OW", "xx"), ...ends]);
}

/** A DICOM file whose patient's group is followed by other elements, a sequence among them, and by pixels. */
function dicom(syntax: string, padding: number): Uint8Array {
  const pixels = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 31) & 255);
  const icon = Buffer.concat([Buffer.from([0xfe, 0xff, 0x00, 0xe0, 14, 0, 0, 0]), element(0x7fe0, 0x0010, "OW", "xx")]);
  return Uint8Array.from(
    Buffer.concat([
      new Uint8Array(128),
      bytesOf("DICM"),
      element(2, 0x0010, "UI", syntax),
      element(8, 0x0020, "DA", "20240203"),
      element(0x10, 0x0010, "PN", "Zorblatt^Quuxine"),
      element(0x10, 0x0020, "LO", "889977"),
      element(0x88, 0x0200, "SQ", Uint8Array.from(icon)),
      openSequence(),
      element(0x4008, 0x010b, "UT", "x".repeat(padding)),
      element(0x7fe0, 0x0010, "OW", pixels),
    ]),
  );
}

const EXPLICIT = "1.2.840.10008.1.2.1";

describe("records: other files", () => {
  for (const [what, bytes, hint] of [
    [
      "an HL7 v2 message",
      bytesOf("MSH|^~\\&|LAB|A|B|C|20240203||ORU^R01|1|P|2.5\rPID|1||889977||ZORBLATT^QUUX\r"),
      "HL7 v2",
    ],
    [
      "a C-CDA document",
      bytesOf('<?xml version="1.0"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3"><title>x</title></ClinicalDocument>'),
      "C-CDA",
    ],
    ["a PDF", Uint8Array.from(Buffer.from("%PDF-1.7\n\0\xff\xfe binary", "latin1")), ""],
    ["a ZIP file", Uint8Array.from(Buffer.from("PK\x03\x04\0\0\xff", "latin1")), "compressed"],
    ["a gzip file", Uint8Array.from([0x1f, 0x8b, 8, 0, 1, 0xff]), "compressed"],
    ["an HL7 v2 message as it is sent", bytesOf("\x0bMSH|^~\\&|A,B|C,D\rPID|1||889977\r\x1c\r"), "HL7 v2"],
    [
      "an HL7 v2 message in Latin-1",
      Uint8Array.from(Buffer.from("MSH|^~\\&|A\rPID|1||M\xfcller\r", "latin1")),
      "HL7 v2",
    ],
    [
      "a C-CDA document in Latin-1",
      Uint8Array.from(
        Buffer.from(
          '<?xml version="1.0" encoding="ISO-8859-1"?><ClinicalDocument>M\xfcller</ClinicalDocument>',
          "latin1",
        ),
      ),
      "C-CDA",
    ],
    ["a letter in RTF", bytesOf("{\\rtf1\\ansi Dear colleague}"), "RTF"],
    ["a letter", bytesOf("Dear colleague, thank you.\n"), "plain text"],
  ] satisfies [string, Uint8Array, string][]) {
    it(`${what} goes through as bytes, private as a whole by every policy`, () => {
      assert.include(inspectFormat(bytes).hints.join(), hint);
      for (const policy of ["identifiers", "research", "vitals-only", "0-"]) {
        assert.deepEqual(take(bytes, [policy]).public, []);
      }
    });
  }

  for (const [what, bytes, message] of [
    ["text in UTF-16 without a mark", Buffer.from("id,x\n1,2\n", "utf16le"), "UTF-16"],
    ["JSON in UTF-16 without a mark", Buffer.from('{"resourceType":"Patient"}', "utf16le").swap16(), "UTF-16"],
    ["JSON with a zero byte", Buffer.from('{"resourceType":"Patient","id":"a\0"}'), "begins as JSON"],
    ["an array of numbers", Buffer.from("[1,2]"), "JSON array"],
    ["FHIR in XML with a prefix", Buffer.from("<f:Patient xmlns:f='http://hl7.org/fhir'/>"), "FHIR in XML"],
    [
      "FHIR in XML in Latin-1",
      Buffer.from('<Patient xmlns="http://hl7.org/fhir"><name value="M\xfcller"/></Patient>', "latin1"),
      "FHIR in XML",
    ],
  ] satisfies [string, Buffer, string][]) {
    it(`${what} is refused, and not silently taken as bytes`, () => {
      assert.include(
        refusal("RECORD_FORMAT", () => inspectFormat(new Uint8Array(bytes))),
        message,
      );
    });
  }

  it("a DICOM file: the policy dicom makes the header private up to the pixels, across pieces", () => {
    for (const padding of [10, 9000, 300_000]) {
      const bytes = dicom(EXPLICIT, padding);
      const { private: hidden, public: open } = take(bytes, ["dicom"]);
      const end = bytes.length - 20_000 - 12;
      for (const name of [...hidden, ...open]) {
        const first = Number(/\d+/.exec(name)?.[0]);
        assert.equal(hidden.includes(name), first < end, name);
      }
      assert.isNotEmpty(open);
    }
  });

  it("a DICOM file that cannot be followed is private to its end", () => {
    const good = dicom(EXPLICIT, 10);
    const broken = good.slice();
    broken.set([0x3f, 0x3f], 132 + 8 + 20 + 4); // no value representation
    for (const bytes of [
      dicom("1.2.840.10008.1.2.2", 10),
      dicom("1.2.840.10008.1.2.1.99", 10),
      broken,
      good.slice(0, 400),
    ]) {
      assert.deepEqual(take(bytes, ["dicom"]).public, []);
    }
    refusal("POLICY_INVALID", () => take(bytesOf("a,b\n1,2\n"), ["dicom"]));
  });

  it("a record above its format's limit is refused before anything is read", () => {
    for (const [format, length] of Object.entries(MAX_LENGTHS) as [keyof typeof MAX_LENGTHS, number][]) {
      assert.include(
        refusal("INPUT_INVALID", () => [...readRecord(new Uint8Array(length + 1), { format })]),
        String(length),
      );
    }
  });

  it("a slot's limit is that of every profile", async () => {
    for (const profile of PROFILE_NAMES) {
      assert.isAtMost(SLOT_LIMIT, Number(((await bfvContext(profile)).plainModulus - 1n) / 2n), profile);
    }
  });

  it("what fits a slot is what BFV's fixed point takes", () => {
    const text = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
      fc.tuple(fc.integer({ min: -999999, max: 999999 }), fc.integer({ min: -8, max: 8 })).map(([a, e]) => `${a}e${e}`),
      fc.integer({ min: -600000, max: 600000 }).map(String),
      fc.constantFrom("", "NA", "1.50", "-0", "0.000", "01", "1,5", "5161.00", "516096", "516097"),
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (lines) => {
        const points = lines.map((line) => toFixedPoint(line));
        const scale = Math.max(...points.map((point) => point?.scale ?? Number.NaN));
        const limit = BigInt(SLOT_LIMIT);
        const fits = lines.every((line) => {
          const integer = Number.isNaN(scale) ? undefined : toFixedPoint(line, scale)?.integer;
          return integer !== undefined && integer <= limit && integer >= -limit;
        });
        assert.equal(slotFault(lines.join("\n"), SLOT_LIMIT) === undefined, fits, lines.join(" "));
      }),
      { numRuns: 500 },
    );
  });
});
