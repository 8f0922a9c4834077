import { assert } from "chai";
import { fhirFiles } from "./fhir-files.ts";
import { plain, secretNames } from "./marked.ts";
import { bytesOf, take } from "./support.ts";

describe("records: FHIR files, by the policy identifiers", () => {
  for (const { name, record, indent } of fhirFiles()) {
    it(`${name}: what is marked is private, and nothing else`, () => {
      const bytes = bytesOf(JSON.stringify(plain(record), null, indent));
      assert.sameMembers(take(bytes, ["identifiers"]).private, secretNames(record));
    });
  }

  it("the same resources as NDJSON: lines do not see each other, so references between them are private", () => {
    const singles = fhirFiles().filter(({ record }) => Reflect.get(Object(record), "resourceType") !== "Bundle");
    const text = singles.map(({ record }) => `${JSON.stringify(plain(record))}\n`).join("");
    const expected = singles.flatMap(({ record }, i) => secretNames(record, `line[${i}].`));
    assert.isAbove(singles.length, 25);
    assert.sameMembers(take(bytesOf(text), ["identifiers"]).private, expected);
  });
});
