import { detectFormat, type RecordFormat } from "@medexchain/sfe";
import { assert } from "chai";
import { bytesOf, example } from "./support.ts";

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
    ["a table with a ragged row", "a,b\n1,2,3\n", "binary"],
    ["a table without rows", "a,b\n", "binary"],
    ["a table of one column", "a\n1\n", "binary"],
    ["a letter", "Dear colleague, thank you.\n", "binary"],
    ["text with a zero character", "a,b\n1,\0\n", "binary"],
    ["nothing", "", "binary"],
  ] satisfies [string, string, RecordFormat][]) {
    it(`takes ${what} for ${format}`, () => assert.equal(detectFormat(bytesOf(text)), format));
  }

  it("takes what is not UTF-8 for binary", () => {
    assert.equal(detectFormat(Uint8Array.of(0x61, 0x2c, 0x62, 0x0a, 0xff, 0x2c, 0x62, 0x0a)), "binary");
  });
});
