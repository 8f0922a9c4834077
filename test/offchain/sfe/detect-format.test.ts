import { detectFormat, inspectFormat, type RecordFormat } from "@medexchain/sfe";
import { assert } from "chai";
import { bytesOf, example, refusal } from "./support.ts";

describe("sfe: detectFormat", () => {
  for (const [file, format] of [
    ["patient-record.json", "fhir-r4+json"],
    ["observations.ndjson", "fhir-r4+ndjson"],
    ["heart-visits.csv", "csv"],
    ["chest-image.png", "binary"],
  ] as const) {
    it(`takes the example ${file} for ${format}`, () => assert.equal(detectFormat(example(file)), format));
  }

  for (const [what, text, format] of [
    ["a resource on one line", '{"resourceType":"Patient"}', "fhir-r4+json"],
    ["a resource on one line, with its end", '{"resourceType":"Patient"}\r\n \n', "fhir-r4+json"],
    ["a damaged resource, to be told so", '{"resourceType":"Patient"', "fhir-r4+json"],
    ["two resources on two lines", '\n{"resourceType":"Patient"}\n{"resourceType":"Patient"}', "fhir-r4+ndjson"],
    ["NDJSON with a damaged second line", '{"resourceType":"Patient"}\n{', "fhir-r4+ndjson"],
    ["a table", "a;b\n1;2\n", "csv"],
    ["an HL7 v2 message", "MSH|^~\\&|LAB|A\rPID|1\r", "binary"],
    ["a C-CDA document", '<?xml version="1.0"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3"/>', "binary"],
    ["a table without rows", "a,b\n", "binary"],
    ["a table of one column", "a\n1\n", "binary"],
    ["a letter", "Dear colleague, thank you.\n", "binary"],
    ["text with a zero character", "a,b\n1,\0\n", "binary"],
    ["nothing", "", "binary"],
  ] satisfies [string, string, RecordFormat][]) {
    it(`takes ${what} for ${format}`, () => assert.equal(detectFormat(bytesOf(text)), format));
  }

  it("says how a file is taken that could be read better", () => {
    const hintOf = (text: string) => inspectFormat(bytesOf(text)).hints.join();
    assert.include(hintOf("MSH|^~\\&|LAB\r"), "HL7 v2");
    assert.include(hintOf("<ClinicalDocument/>"), "C-CDA");
    assert.include(hintOf("Dear colleague, thank you.\n"), "plain text");
    const dicom = new Uint8Array(200);
    dicom.set(bytesOf("DICM"), 128);
    assert.include(inspectFormat(dicom).hints.join(), "policy dicom");
    assert.deepEqual(inspectFormat(example("chest-image.png")).hints, []);
  });

  for (const [what, bytes, why, name] of [
    ["a table with a ragged row", bytesOf("a,b\n1,2,3\n"), /3 cells where the header has 2 in row 2/],
    ["a table with a quote out of place", bytesOf('a,b\n1,x"y\n'), /row 2/],
    ["a JSON array", bytesOf('[{"resourceType":"Patient"}]'), /make it a Bundle or NDJSON/],
    [
      "FHIR in XML",
      bytesOf('<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>'),
      /save it as FHIR JSON/,
    ],
    ["UTF-16", Uint8Array.of(0xff, 0xfe, 0x61, 0, 0x2c, 0, 0x62, 0), /UTF-16.*save it as UTF-8/],
    ["Latin-1", Uint8Array.from(Buffer.from("name;age\nM\xfcller;1\n", "latin1")), /row 2, column 2: save it as UTF-8/],
    ["a name that promises a table", bytesOf("a\n1,2\n"), /row 2/, "visits.CSV"],
    ["a name that promises JSON", bytesOf("hello"), /does not begin with/, "patient.json"],
    ["a name that promises text", Uint8Array.of(0x61, 0, 0xff), /zero bytes|UTF-8/, "a.csv"],
  ] satisfies [string, Uint8Array, RegExp, string?][]) {
    it(`does not take ${what} silently for binary`, () => {
      assert.match(
        refusal("RECORD_FORMAT", () => detectFormat(bytes, name)),
        why,
      );
      assert.match(
        refusal("RECORD_FORMAT", () => detectFormat(bytes, name)),
        /state the format binary/,
      );
    });
  }

  it("takes bytes that are no text for binary", () => {
    assert.equal(detectFormat(Uint8Array.of(0x61, 0x2c, 0x62, 0x00, 0xff, 0x2c, 0x62, 0x0a)), "binary");
  });
});
