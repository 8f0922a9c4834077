import { readdirSync, readFileSync } from "node:fs";
import { parsePolicy, splitRecord } from "@medexchain/sfe";
import { assert } from "chai";
import { bfvFeatures } from "../../offchain/actors/bfv-features.ts";
import { refusal } from "../offchain/sfe/support.ts";
import { type Taken, take } from "./support.ts";

const FOLDER = new URL("cases/", import.meta.url);

function read(name: string): { bytes: Uint8Array; file: string; policy: ReturnType<typeof parsePolicy> } {
  const folder = new URL(`${name}/`, FOLDER);
  const file = readdirSync(folder).find((entry) => entry.startsWith("in."))!;
  const policy = parsePolicy(readFileSync(new URL("policy.json", folder), "utf8"));
  return { bytes: new Uint8Array(readFileSync(new URL(file, folder))), file, policy };
}

function taken(name: string): Taken {
  const { bytes, file, policy } = read(name);
  return take(bytes, policy.private, { name: file, ...(policy.numeric && { numeric: policy.numeric }) });
}

/** Cases that are read, with names that must be private. */
const PRIVATE: Readonly<Record<string, readonly string[]>> = {
  "a1-union-drops-equal": ["Patient.name[0].family", "Patient.contact[0].name.family"],
  "a3-union-drops-converted-quantity": [
    "Observation.valueQuantity.value",
    "Observation.component[0].valueQuantity.value",
  ],
  "b1-request-url": ["Bundle.entry[0].request.url", "Bundle.entry[0].request.ifNoneExist"],
  "b3-conditional-reference": ["Bundle.entry[1].resource.subject.reference"],
  "b4-urn-subject-display": ["line[1].Observation.subject.reference", "line[1].Observation.subject.display"],
  "b6-section-narrative": [
    "Bundle.entry[1].resource.section[0].text.status",
    "Bundle.entry[1].resource.section[0].text.div",
  ],
  "c1-decimal-digits": ["Observation.valueQuantity.value"],
  "d2-csv-quoted-number": ["id"],
  "e1-pandas-header": ["age"],
  "f1-primitive-extension": ["Patient._birthDate.extension[0].valueDateTime"],
  "g1-choice-of-other-type": [
    ...["Bundle.entry[0].resource.valueInteger", "Bundle.entry[1].resource.valueAttachment.title"],
    ...["Bundle.entry[2].resource.valueString", "Bundle.entry[2].resource.valueQuantity.value"],
  ],
  "h1-env-variables": ["Observation.code.coding[0].system", "Observation.code.coding[0].code"],
};

const REFUSED = {
  "d1-csv-missing-value": ["FEATURE_OUT_OF_RANGE", /row 3: the cell is empty/],
  "e3-latin1": ["RECORD_FORMAT", /not valid UTF-8.*save it as UTF-8/],
  "e5-json-array": ["RECORD_FORMAT", /a JSON array is not a resource: make it a Bundle or NDJSON/],
} as const;

describe("records: cases that went wrong once", () => {
  it("all are here", () => {
    assert.sameMembers(readdirSync(FOLDER), [...Object.keys(PRIVATE), ...Object.keys(REFUSED)]);
  });

  for (const [name, expected] of Object.entries(PRIVATE)) {
    it(`${name}: private is ${expected.join(", ")}`, () => {
      assert.includeMembers(taken(name).private, [...expected]);
    });
  }

  for (const [name, [code, why]] of Object.entries(REFUSED)) {
    it(`${name}: refused, and says why`, () => {
      assert.match(
        refusal(code, () => taken(name)),
        why,
      );
    });
  }

  it("a decimal of 17 digits gets no slot, and a quoted number gets one", () => {
    const slots = (name: string, format: "csv" | "fhir-r4+json") => {
      const { bytes, policy } = read(name);
      const options = { format, selectors: policy.private, ...(policy.numeric && { numeric: policy.numeric }) };
      return [...splitRecord(bytes, options)].flatMap(({ head, publicFragment, privateFragment }) =>
        [publicFragment, privateFragment].flatMap((fragment) =>
          [...bfvFeatures(head, fragment)].filter((f) => f.numeric),
        ),
      );
    };
    assert.lengthOf(slots("c1-decimal-digits", "fhir-r4+json"), 0);
    assert.deepEqual(
      slots("d2-csv-quoted-number", "csv").map(({ value }) => value),
      ['"200"'],
    );
  });
});
