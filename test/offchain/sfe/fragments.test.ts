import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { encode } from "@ipld/dag-cbor";
import { type ErrorCode, MedexError } from "@medexchain/core";
import {
  assemble,
  commitFeature,
  decodeHead,
  decodeHeads,
  describeFragment,
  encodeHead,
  type Fragment,
  MAX_HEAD_LENGTH,
  parseFhir,
  parsePolicy,
  selectFeatures,
  selectPrivate,
  splitDocument,
} from "@medexchain/sfe";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { assert } from "chai";

const read = (file: string): Buffer => readFileSync(new URL(`../../../examples/${file}`, import.meta.url));
const source = new Uint8Array(read("patient-record.json"));
const document = parseFhir(source);
const policy = parsePolicy(read("policy.json").toString());
const split = splitDocument(document, selectPrivate(document, policy.private));
const temperature = document.features.find((f) => f.value === "36.50")!;

function refusal(code: ErrorCode, call: () => unknown): string {
  try {
    call();
  } catch (error) {
    assert.isTrue(MedexError.is(error, code), String(error));
    return (error as MedexError).message; // just checked
  }
  return assert.fail("it was accepted");
}

function changed(fragment: Fragment, index: number, change: Partial<Fragment["features"][number]>): Fragment {
  return { features: fragment.features.map((f) => (f.index === index ? { ...f, ...change } : f)) };
}

describe("sfe: fragments", () => {
  it("splits a document into two fragments that give it back exactly", () => {
    const { head, publicFragment, privateFragment } = split;
    assert.equal(publicFragment.features.length + privateFragment.features.length, document.features.length);
    assert.deepEqual(assemble(head, [privateFragment, publicFragment]), source);
  });

  it("serialises D_head without loss", () => {
    assert.deepEqual(decodeHead(encodeHead(split.head)), split.head);
    assert.deepEqual(
      assemble(decodeHead(encodeHead(split.head)), [split.publicFragment, split.privateFragment]),
      source,
    );
  });

  it("leaves no private value in D_head or in the public fragment", () => {
    const secret = "Zq7-only-here";
    const record = parseFhir(
      utf8ToBytes(
        `{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"${secret}"}]},"valueQuantity":{"value":7707.25,"unit":"${secret}","system":"http://unitsofmeasure.org","code":"mm"}}`,
      ),
    );
    const parts = splitDocument(
      record,
      selectPrivate(record, ["Observation.code", "Observation.value.value", "Observation.value.unit"]),
    );
    const visible = Buffer.from(encodeHead(parts.head)).toString("latin1") + JSON.stringify(parts.publicFragment);
    assert.notInclude(visible, secret);
    assert.notInclude(visible, "7707");
    const value = parts.head.features.find((f) => f.name === "Observation.valueQuantity.value");
    assert.deepEqual(value?.measure, { code: "mm" }, "the public label stays, private ones are left out");
  });

  it("commits as documented", () => {
    const salt = new Uint8Array(16).fill(7);
    const message = Buffer.concat([
      Buffer.from("medexchain/v1/sfe/feature\0"),
      salt,
      Buffer.from([0, 0, 0, 9]),
      Buffer.from("Patient.a"),
      Buffer.from('"x"'),
    ]);
    assert.equal(bytesToHex(commitFeature(salt, "Patient.a", '"x"')), bytesToHex(sha256(message)));
    assert.notDeepEqual(commitFeature(salt, "Patient.a", "bc"), commitFeature(salt, "Patient.ab", "c"));
  });

  it("salts each private feature of each split afresh", () => {
    const again = splitDocument(document, new Set([temperature.index]));
    const salts = [split, again].flatMap((s) => s.privateFragment.features.map((f) => bytesToHex(f.salt!)));
    assert.equal(new Set(salts).size, salts.length);
    assert.isTrue(split.publicFragment.features.every((f) => f.salt === undefined));
  });

  it("refuses a value, salt or position that was tampered with, and names the feature without its value", () => {
    const { head, publicFragment, privateFragment } = split;
    const { index, name } = temperature;
    const { salt } = privateFragment.features.find((f) => f.index === index)!;
    const other = privateFragment.features.find((f) => f.index !== index)!;
    for (const change of [
      { value: "36.5" },
      { value: "36.51" },
      { salt: salt!.map((b, i) => (i === 15 ? b ^ 1 : b)) },
      { salt: salt!.slice(0, 15) },
      { salt: new Uint8Array(0) },
      { value: other.value, salt: other.salt! },
    ]) {
      const message = refusal("FRAGMENT_INVALID", () =>
        assemble(head, [publicFragment, changed(privateFragment, index, change)]),
      );
      assert.include(message, name);
      assert.notInclude(message, "36.5");
    }
  });

  it("refuses a text that is not one JSON scalar", () => {
    const { head, publicFragment, privateFragment } = split;
    const { index } = publicFragment.features[0]!;
    for (const text of ['1,"x":2', "{}", "[1]", " 1", "1 ", "", '"a', "01", '"\ud800"', "undefined", "\u00a01"]) {
      const fragment = changed(publicFragment, index, { value: text });
      refusal("FRAGMENT_INVALID", () => assemble(head, [fragment, privateFragment]));
    }
  });

  it("refuses features twice, of another record, and public ones with a salt", () => {
    const { head, publicFragment, privateFragment } = split;
    refusal("FRAGMENT_INVALID", () => assemble(head, [publicFragment, privateFragment, privateFragment]));
    const foreign = { features: [{ index: document.features.length, value: "1" }] };
    refusal("FRAGMENT_INVALID", () => assemble(head, [publicFragment, privateFragment, foreign]));
    refusal("FRAGMENT_INVALID", () => describeFragment(head, foreign));
    const salted = changed(publicFragment, publicFragment.features[0]!.index, { salt: new Uint8Array(16) });
    refusal("FRAGMENT_INVALID", () => assemble(head, [salted, privateFragment]));
  });

  it("names missing features, and writes null in their places only when asked", () => {
    const { head, publicFragment, privateFragment } = split;
    const chosen = selectFeatures(privateFragment, new Set([temperature.index]));
    assert.include(
      refusal("FEATURE_MISSING", () => assemble(head, [publicFragment, chosen])),
      "Bundle.entry[0].resource.identifier[0].use",
    );
    const partial = JSON.parse(Buffer.from(assemble(head, [publicFragment, chosen], { missing: "blank" })).toString());
    assert.equal(partial.entry[1].resource.valueQuantity.value, 36.5);
    assert.isNull(partial.entry[0].resource.birthDate);
    assert.isNull(partial.entry[2].resource.valueQuantity.value);
    assert.equal(partial.entry[2].resource.valueQuantity.unit, "beats/minute");
  });

  it("selects only features that the fragment holds", () => {
    const { index } = split.publicFragment.features[0]!;
    refusal("FEATURE_MISSING", () => selectFeatures(split.privateFragment, new Set([temperature.index, index])));
  });

  it("refuses to split without a private feature, or by an index out of range", () => {
    refusal("POLICY_SELECTS_NOTHING", () => splitDocument(document, new Set()));
    for (const index of [-1, 0.5, document.features.length]) {
      refusal("INPUT_INVALID", () => splitDocument(document, new Set([index])));
    }
  });

  it("joins a fragment with names and labels", () => {
    const described = describeFragment(split.head, split.privateFragment).find((f) => f.index === temperature.index)!;
    assert.equal(described.name, temperature.name);
    assert.deepEqual(described.measure, { unit: "degrees Celsius", code: "Cel", loinc: "8310-5" });
  });

  it("inflates no more of a head than it states, and states no more than a record has", () => {
    const pack = (plain: Uint8Array, length = plain.length) =>
      encode({ version: 2, length, deflated: new Uint8Array(deflateRawSync(plain)) });
    const zeros = new Uint8Array(1 << 20);
    assert.isBelow(encodeHead(split.head).length, source.length / 4);
    for (const bytes of [
      pack(zeros),
      pack(zeros, 1000),
      pack(zeros, MAX_HEAD_LENGTH + 1),
      pack(zeros, (1 << 20) + 1),
    ]) {
      refusal("FRAGMENT_INVALID", () => decodeHead(bytes));
      refusal("FRAGMENT_INVALID", () => decodeHeads([bytes]));
    }
    const good = encodeHead(split.head);
    assert.deepEqual(decodeHeads([good, good]), [split.head, split.head]);
    // Each is within its limit; together they are not, and none is inflated.
    const large = pack(zeros, MAX_HEAD_LENGTH);
    assert.include(
      refusal("FRAGMENT_INVALID", () => decodeHeads([large, large, large])),
      "damaged",
    );
  });

  it("reads heads of the first version, which were not deflated", () => {
    const template = ['{"resourceType":"Patient","a":', "}"];
    const layout = { format: "fhir-r4+json", template };
    const old = encode({ version: 1, layout, commitments: [], measures: [] });
    assert.deepEqual(
      decodeHead(old).features.map(({ name }) => name),
      ["Patient.a"],
    );
  });

  it("refuses a head that would have more blanks written than any record has bytes", () => {
    const mebibyte = 1024 * 1024;
    const binary = (length: number, chunkLength: number) => ({ format: "binary", offset: 0, length, chunkLength });
    const csv = (rows: number, columns: string[]) => ({
      format: "csv",
      prefix: new Uint8Array(),
      delimiter: ",",
      columns: columns.map(utf8ToBytes),
      ends: [[rows, "\n"]],
    });
    const head = (layout: object): Uint8Array => encode({ version: 1, layout, commitments: [], measures: [] });
    assert.lengthOf(decodeHead(head(binary(64 * mebibyte, 64 * mebibyte))).features, 1);
    assert.lengthOf(decodeHead(head(csv(8 * mebibyte, ["a", "b"]))).features, 2);
    for (const layout of [
      binary(64 * mebibyte + 1, 64 * mebibyte + 1),
      binary(2 ** 50, 2 ** 50),
      csv(8 * mebibyte + 1, ["a", "b"]),
      csv(2 ** 50, ["a"]),
    ]) {
      refusal("FRAGMENT_INVALID", () => decodeHead(head(layout)));
    }
  });

  it("refuses a damaged head", () => {
    const good = encodeHead(split.head);
    refusal("FRAGMENT_INVALID", () => decodeHead(good.slice(0, -1)));
    refusal("FRAGMENT_INVALID", () => decodeHead(new Uint8Array(0)));
    const file = (template: readonly string[], more: object = {}): Uint8Array =>
      encode({ version: 1, layout: { format: "fhir-r4+json", template }, commitments: [], measures: [], ...more });
    for (const template of [
      ['{"resourceType":"Patient","a":1}'],
      ['{"resourceType":"Patient","a":', ',"b":"x"}'],
      ['{"resourceType":"Patient","a":', "}", ""],
      ['{"resourceType":"', '"}'],
      ['{"resourceType":"Patient","', '":null}'],
      ['{"resourceType":"Nobody","a":', "}"],
      [],
    ]) {
      refusal("FRAGMENT_INVALID", () => decodeHead(file(template)));
    }
    const template = ['{"resourceType":"Patient","a":', "}"];
    assert.lengthOf(decodeHead(file(template)).features, 1);
    refusal("FRAGMENT_INVALID", () => decodeHead(file(template, { commitments: [[1, new Uint8Array(32)]] })));
    refusal("FRAGMENT_INVALID", () => decodeHead(file(template, { commitments: [[0, new Uint8Array(31)]] })));
    refusal("FRAGMENT_INVALID", () => decodeHead(file(template, { more: 1 })));
  });
});
