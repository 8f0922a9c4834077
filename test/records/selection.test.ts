import { POLICY_NAMES, parseFhir, releaseOf, selectPrivate, summariseRecord } from "@medexchain/sfe";
import { assert } from "chai";
import fc from "fast-check";
import { example, refusal } from "../offchain/sfe/support.ts";
import { bytesOf, take } from "./support.ts";

const select = (record: unknown, ...selectors: string[]): string[] => {
  const document = parseFhir(bytesOf(JSON.stringify(record)));
  return [...selectPrivate(document, selectors)].map((i) => document.features[i]!.name);
};

const twins = {
  resourceType: "Patient",
  name: [{ family: "A", given: ["A"] }, { family: "A" }],
  contact: [{ name: { family: "A" } }],
  birthDate: "1980-01-01",
  _birthDate: { id: "b", extension: [{ url: "u", valueDateTime: "1980-01-01T01:02:03Z" }] },
};

describe("records: selectors name places, not values", () => {
  for (const [selector, expected] of [
    [
      "Patient.name.family | Patient.contact.name.family",
      ["name[0].family", "name[1].family", "contact[0].name.family"],
    ],
    ["Patient.name.family.union(Patient.name.given)", ["name[0].family", "name[0].given[0]", "name[1].family"]],
    ["(Patient.name | Patient.contact.name).family", ["name[0].family", "name[1].family", "contact[0].name.family"]],
    ["Patient.name.family.distinct()", ["name[0].family", "name[1].family"]],
    ["Patient.name.family.exclude(Patient.name[0].family)", ["name[1].family"]],
    [
      "Patient.name.family.combine(Patient.contact.name.family)",
      ["name[0].family", "name[1].family", "contact[0].name.family"],
    ],
    ["Patient.contact.repeat(name | family)", ["contact[0].name.family"]],
    ["Patient.name.select(family | given)", ["name[0].family", "name[0].given[0]", "name[1].family"]],
    ["Patient.contact.descendants()", ["contact[0].name.family"]],
    ["Patient.name.children()", ["name[0].family", "name[0].given[0]", "name[1].family"]],
    ["Patient.birthDate.id", ["_birthDate.id"]],
    [
      "Patient.birthDate.children()",
      ["_birthDate.id", "_birthDate.extension[0].url", "_birthDate.extension[0].valueDateTime"],
    ],
    ["Patient.birthDate.extension('u').value", ["_birthDate.extension[0].valueDateTime"]],
    ["Patient._birthDate", ["_birthDate.id", "_birthDate.extension[0].url", "_birthDate.extension[0].valueDateTime"]],
    ["%resource.name[1]", ["name[1].family"]],
    ["%context.name.skip(1) | %rootResource.contact", ["name[1].family", "contact[0].name.family"]],
    ["Patient.name.where(given.exists() and (family = 'A' or family = 'B')).family", ["name[0].family"]],
    ["Patient.name.where(given.empty().not()).given", ["name[0].given[0]"]],
    ["Patient.name.family.where($this.startsWith('A'))", ["name[0].family", "name[1].family"]],
    ["Patient.birthDate.where(extension('u').exists() and $this < @1990-01-01).id", ["_birthDate.id"]],
  ] satisfies [string, string[]][]) {
    it(selector, () =>
      assert.sameMembers(
        select(twins, selector),
        expected.map((name) => `Patient.${name}`),
      ),
    );
  }

  for (const [selector, why] of [
    ["Patient.name.intersect(Patient.contact.name)", /write where/],
    ["(Patient.name.family | Patient.contact.name.family)[1]", /several selectors/],
    ["Patient.name.family.distinct().first()", /several selectors/],
    ["Patient.name.count()", /computes a value/],
    ["Patient.name.family & 'x'", /computes a value/],
    ["iif(true, Patient.name, Patient.contact)", /computes a value/],
    ["Patient.name.where(family = %who)", /no variable %who.*%loinc/],
    ["Patient.name[0 + 1]", /position as a number/],
    ["Patient.name.single()", /several elements/],
    ["Patient.name.where($index > 0 or family = 'A')", /\$index is not available.*name\[0\]/],
    ["Patient.name.where(family.select('a'))", /several values|true or false/],
  ] satisfies [string, RegExp][]) {
    it(`refuses ${selector}, and says what to write`, () => {
      const record = selector.includes("select('a')")
        ? { ...twins, name: [{ family: "A", given: ["x", "y"] }] }
        : twins;
      const actual = selector.includes("select('a')") ? "Patient.name.where(given.select('a'))" : selector;
      assert.match(
        refusal("POLICY_INVALID", () => select(record, actual)),
        why,
      );
    });
  }

  it("value is of every type, also of one that no release has there, and in extensions", () => {
    const record = {
      resourceType: "Observation",
      valueFoo: "a",
      _valueFoo: { id: "i" },
      valueString: "b",
      valueSet: "c",
      extension: [{ url: "u", valueBar: { x: 1 } }],
    };
    assert.sameMembers(select(record, "Observation.value"), [
      "Observation.valueFoo",
      "Observation._valueFoo.id",
      "Observation.valueString",
      "Observation.valueSet",
    ]);
    assert.deepEqual(select(record, "Observation.extension.value"), ["Observation.extension[0].valueBar.x"]);
    assert.deepEqual(select(record, "Observation.where(value.exists()).value.ofType(string)"), [
      "Observation.valueFoo",
      "Observation._valueFoo.id",
      "Observation.valueString",
      "Observation.valueSet",
    ]);
  });

  it("releases are told apart by profile and by content", () => {
    const profile = (number: string) => ({
      resourceType: "Patient",
      meta: { profile: [`http://hl7.org/fhir/${number}/StructureDefinition/Patient`] },
    });
    for (const [record, release] of [
      [profile("5.0"), "R5"],
      [profile("4.3"), "R4B"],
      [profile("3.0"), "STU3"],
      [profile("1.0"), "DSTU2"],
      [profile("4.0"), "R4"],
      [{ resourceType: "Observation", status: "final" }, "R4"],
      [{ resourceType: "Observation", triggeredBy: [] }, "R5"],
      [{ resourceType: "Observation", context: {}, comment: "x" }, "STU3"],
      [{ resourceType: "MedicationOrder", dateWritten: "2015" }, "DSTU2"],
      [
        {
          resourceType: "Bundle",
          entry: [{ resource: { resourceType: "Patient" } }, { resource: { resourceType: "Transport" } }],
        },
        "R5",
      ],
    ] as const) {
      assert.equal(releaseOf(record), release, JSON.stringify(record));
    }
  });
});

/** Members that FHIRPath can name, with choices among them. */
const names = ["a", "b", "value", "valueString", "valueFoo", "code"] as const;
const scalar = fc.constantFrom("x", "x", 1, 1, true);
const { tree } = fc.letrec<{ tree: Record<string, unknown>; node: unknown }>((tie) => ({
  tree: fc.dictionary(fc.constantFrom(...names), tie("node"), { maxKeys: 4 }),
  node: fc.oneof({ depthSize: "small" }, scalar, fc.array(tie("node"), { minLength: 1, maxLength: 3 }), tie("tree")),
}));
const steps = fc.array(fc.constantFrom("a", "b", "value", "code", "children()", "descendants()"), {
  minLength: 1,
  maxLength: 3,
});
const selector = fc.array(steps, { minLength: 1, maxLength: 3 });

/** Every place in a tree: path of keys and positions, and the value. An independent walk: no type, no engine. */
function* places(
  value: unknown,
  path: (string | number)[] = [],
): Generator<{ path: (string | number)[]; value: unknown }> {
  yield { path, value };
  if (typeof value !== "object" || value === null) return;
  for (const [key, child] of Object.entries(value))
    yield* places(child, [...path, Array.isArray(value) ? Number(key) : key]);
}

/** Whether a path, without its positions, follows the steps. */
function follows(keys: readonly string[], wanted: readonly string[]): boolean {
  const [step, ...rest] = wanted;
  if (step === undefined) return keys.length === 0;
  const [key, ...others] = keys;
  if (key === undefined) return false;
  if (step === "descendants()") return keys.some((_, i) => follows(keys.slice(i + 1), rest));
  const isNamed = step === "children()" || key === step || (step === "value" && /^value[A-Z]/.test(key));
  return isNamed && follows(others, rest);
}

describe("records: any tree and any selector", () => {
  it("every element that a selector names is private with all in it, by an independent walk, and nothing else", () => {
    fc.assert(
      fc.property(tree, selector, (members, parts) => {
        const record = { resourceType: "Basic", ...members };
        const text = parts.map((part) => ["Basic", ...part].join(".")).join(" | ");
        const expected = [...places(record)]
          .filter(({ path, value }) => path[0] !== "resourceType" && (typeof value !== "object" || value === null))
          .filter(({ path }) => {
            const keys = path.filter((step): step is string => typeof step === "string");
            // The scalar itself, or an element round it.
            return keys.some((_, i) => parts.some((part) => follows(keys.slice(0, i + 1), part)));
          })
          .map(({ path }) => JSON.stringify(path));
        const document = parseFhir(bytesOf(JSON.stringify(record)));
        fc.pre(expected.length > 0);
        const chosen = [...selectPrivate(document, [text])].map((i) => JSON.stringify(document.features[i]!.path));
        assert.sameMembers(chosen, expected, text);
      }),
      { numRuns: 400 },
    );
  });
});

describe("records: ready policies on the examples", () => {
  const FILES = ["patient-record.json", "observations.ndjson", "heart-visits.csv", "chest-image.png"] as const;
  for (const file of FILES) {
    for (const policy of POLICY_NAMES) {
      if (policy === "dicom") continue;
      it(`${policy} on ${file}: every byte comes back, and no identity is public`, () => {
        const bytes = example(file);
        const { private: hidden } = take(bytes, [policy], { name: file });
        assert.isNotEmpty(hidden);
        const summary = summariseRecord(bytes, { selectors: [policy], name: file });
        assert.equal(summary.private.features, hidden.length);
        assert.equal(summary.bytes, bytes.length);
        for (const name of summary.public.names)
          assert.notMatch(name, /family|birthDate|identifier|telecom|address|^name$|^patient$/);
      });
    }
  }

  it("vitals-only leaves the vital signs, with their units, and nothing of when or whose", () => {
    const { public: open } = take(example("patient-record.json"), ["vitals-only"]);
    const isVital =
      /^Bundle\.entry\[\d+\]\.resource\.(resourceType|status|category\[0\]|code|valueQuantity|component\[\d\])|resourceType$/;
    for (const name of open) assert.match(name, isVital);
    assert.include(open, "Bundle.entry[1].resource.valueQuantity.value");
    assert.isFalse(open.some((name) => name.includes("effective") || name.includes("subject")));
  });

  it("research leaves no date, id, reference or free text", () => {
    const { public: open } = take(example("patient-record.json"), ["research"]);
    for (const name of open)
      assert.notMatch(name, /(dateTime|DateTime|\.id|reference|fullUrl|\.text|issued|birthDate)$/);
    assert.include(open, "Bundle.entry[1].resource.valueQuantity.value");
  });

  it("a summary says how many numbers have slots, and which release it is", () => {
    const bytes = bytesOf(
      '{"resourceType":"Observation","triggeredBy":[],"valueQuantity":{"value":165.60000000000002},"component":[{"valueQuantity":{"value":37.5}}],"subject":{"reference":"Patient/1"}}',
    );
    const summary = summariseRecord(bytes, { selectors: ["identifiers"] });
    assert.deepEqual(summary.numbers, { measured: 2, withSlots: 1 });
    assert.equal(summary.release, "R5");
    assert.include(summary.hints.join(), "R5");
    assert.deepEqual([summary.public.features, summary.private.features], [2, 1]);
  });

  it("numbers of FHIR are asked for by selector: those and no others, or an error with the value", () => {
    const bytes = bytesOf(
      '{"resourceType":"Observation","valueQuantity":{"value":165.60000000000002},"component":[{"valueQuantity":{"value":37.5}},{"valueInteger":3}]}',
    );
    const asked = (selector: string) =>
      summariseRecord(bytes, { selectors: ["Observation.value"], numeric: { [selector]: "1" } });
    assert.deepEqual(asked("Observation.component.value").numbers, { measured: 2, withSlots: 2 });
    assert.match(
      refusal("FEATURE_OUT_OF_RANGE", () => asked("Observation.value.value")),
      /Observation\.valueQuantity\.value: "165.60000000000002" has too many digits/,
    );
    refusal("FEATURE_MISSING", () => asked("Observation.code"));
  });
});
