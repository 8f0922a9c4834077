import { readFileSync } from "node:fs";
import { type ErrorCode, MedexError } from "@medexchain/core";
import { parseFhir, parsePolicy, selectPrivate } from "@medexchain/sfe";
import { assert } from "chai";

const read = (file: string): Buffer => readFileSync(new URL(`../../../examples/${file}`, import.meta.url));
const example = parseFhir(new Uint8Array(read("patient-record.json")));

const record = parseFhir(
  new TextEncoder().encode(
    JSON.stringify({
      resourceType: "Bundle",
      entry: [
        {
          resource: {
            resourceType: "Patient",
            birthDate: "1970-01-01",
            _birthDate: { extension: [{ url: "u", valueDateTime: "1970-01-01T10:00:00Z" }] },
            _active: { id: "meta" },
            name: [{ given: ["SECRETA", "B"], _given: [null, { id: "g" }] }, { given: ["C"] }],
            contained: [{ resourceType: "Basic", id: "c1" }],
            address: [{}],
          },
        },
        { resource: { resourceType: "Observation", valueInteger: 3, extension: [{ url: "x", valueCode: "y" }] } },
      ],
    }),
  ),
);

function namesOf(...selectors: string[]): string[] {
  return [...selectPrivate(record, selectors)].map((i) => record.features[i]!.name.replace("Bundle.entry", ""));
}

function refusal(code: ErrorCode, ...selectors: string[]): string {
  try {
    selectPrivate(record, selectors);
  } catch (error) {
    assert.isTrue(MedexError.is(error, code), String(error));
    return (error as MedexError).message; // just checked
  }
  return assert.fail("the policy was accepted");
}

describe("sfe: selectPrivate", () => {
  it("selects by code on a whole Bundle", () => {
    const selected = selectPrivate(example, [
      "Bundle.entry.resource.ofType(Observation).where(code.coding.code='8310-5').value",
    ]);
    assert.deepEqual(
      [...selected].map((i) => example.features[i]!.name),
      ["value", "unit", "system", "code"].map((leaf) => `Bundle.entry[1].resource.valueQuantity.${leaf}`),
    );
  });

  it("takes a selected element with all that is in it", () => {
    assert.deepEqual(namesOf("Bundle.entry.resource.name[1]"), ["[0].resource.name[1].given[0]"]);
    assert.lengthOf(namesOf("Bundle"), record.features.length);
    assert.deepEqual(namesOf("Bundle.entry.resource.contained"), [
      "[0].resource.contained[0].resourceType",
      "[0].resource.contained[0].id",
    ]);
  });

  it("takes a primitive's id and extensions with it, at its own position only", () => {
    assert.deepEqual(namesOf("Bundle.entry.resource.birthDate"), [
      "[0].resource.birthDate",
      "[0].resource._birthDate.extension[0].url",
      "[0].resource._birthDate.extension[0].valueDateTime",
    ]);
    assert.deepEqual(namesOf("Bundle.entry.resource.name.first().given[1]"), [
      "[0].resource.name[0].given[1]",
      "[0].resource.name[0]._given[1].id",
    ]);
    assert.deepEqual(namesOf("Bundle.entry.resource.active"), ["[0].resource._active.id"]);
  });

  it("finds choice elements by their FHIRPath name", () => {
    assert.deepEqual(namesOf("Bundle.entry.resource.ofType(Observation).value"), ["[1].resource.valueInteger"]);
    assert.deepEqual(namesOf("Bundle.entry.resource.ofType(Observation).extension('x').value"), [
      "[1].resource.extension[0].valueCode",
    ]);
  });

  it("unites selectors", () => {
    assert.lengthOf(namesOf("Bundle.entry.resource.name.given", "Bundle.entry.resource.name[0]"), 5);
  });

  it("names the selector that is no FHIRPath", () => {
    assert.include(refusal("POLICY_INVALID", "Bundle", "Bundle.entry["), '"Bundle.entry["');
    refusal("POLICY_INVALID", "Bundle.entry.nosuchfunction()");
  });

  it("refuses computed and constructed values", () => {
    for (const selector of [
      "Bundle.entry.exists()",
      "'a'",
      "Bundle.entry.resource.name.given.first().upper()",
      "now()",
      "HumanName {given: 'x'}",
      "Bundle.entry.resource.birthDate | 'x'",
    ]) {
      assert.include(refusal("POLICY_INVALID", selector), JSON.stringify(selector));
    }
  });

  it("names the one selector that selects nothing, even beside others that do", () => {
    assert.include(
      refusal("POLICY_SELECTS_NOTHING", "Bundle.entry.resource.name", "Bundle.entry.resource.nme"),
      "resource.nme",
    );
    refusal("POLICY_SELECTS_NOTHING", "Patient.name");
    refusal("POLICY_SELECTS_NOTHING", "Bundle.entry.resource.address");
    refusal("POLICY_SELECTS_NOTHING", "Bundle.resourceType");
    refusal("POLICY_SELECTS_NOTHING");
  });

  it("gives selectors no way out: network and output are refused before anything is evaluated", () => {
    const network = globalThis.fetch;
    let calls = 0;
    globalThis.fetch = () => {
      calls++;
      return Promise.reject(new Error("no network"));
    };
    try {
      for (const selector of [
        "Bundle.entry.resource.resolve()",
        "Bundle.entry.where(resource.`resolve`().exists())",
        "Bundle.entry.resource.name.trace('x')",
        "Bundle.entry.resource.where(id.memberOf('http://x'))",
        "Bundle.entry.where(%terminologies.expand('http://x').exists())",
        "Bundle.entry.where(%`terminologies`.expand('http://x').exists())",
        "Bundle.entry.where(%'terminologies'.expand('http://x').exists())",
        "Bundle.entry.resource.weight()",
      ]) {
        assert.include(refusal("POLICY_INVALID", selector), "not available", selector);
      }
    } finally {
      globalThis.fetch = network;
    }
    assert.equal(calls, 0);
  });

  it("quotes nothing of the record in its errors", () => {
    assert.notInclude(refusal("POLICY_INVALID", "Bundle.entry.resource.name.given.upper()"), "SECRETA");
  });

  it("applies the example policy: values and identity are private, units and codes are not", () => {
    const selected = selectPrivate(example, parsePolicy(read("policy.json").toString()).private);
    const isPrivate = (name: string): boolean => selected.has(example.features.find((f) => f.name === name)!.index);
    for (const name of ["name[0].family", "gender", "birthDate", "identifier[0].value", "address[0].city"]) {
      assert.isTrue(isPrivate(`Bundle.entry[0].resource.${name}`), name);
    }
    for (const { index, name } of example.features) {
      if (/\.value(Quantity\.value|Integer|Boolean)$/.test(name)) assert.isTrue(selected.has(index), name);
      if (/\.valueQuantity\.(unit|code)$/.test(name)) assert.isFalse(selected.has(index), name);
    }
  });

  it("refuses a policy file of another shape", () => {
    for (const json of ["[]", "{}", '{"private":[]}', '{"private":"a"}', '{"private":["a"],"public":[]}', "{"]) {
      assert.throws(() => parsePolicy(json), MedexError, "private", json);
    }
  });
});
