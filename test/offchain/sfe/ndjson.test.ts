import { assemble, decodeHead, encodeHead, parsePolicy, readRecord, splitPiece } from "@medexchain/sfe";
import { assert } from "chai";
import fc from "fast-check";
import { bytesOf, example, privateNames, refusal, through, whole } from "./support.ts";

const NDJSON = { format: "fhir-r4+ndjson" } as const;

const line = fc.oneof(
  fc.constantFrom("", " ", "\t "),
  fc
    .tuple(fc.constantFrom("Patient", "Observation"), fc.constantFrom("", " "), fc.jsonValue({ maxDepth: 2 }))
    .map(
      ([type, space, value]) =>
        `${space}{"resourceType":"${type}"${space},"x":${space}${JSON.stringify(value)}}${space}`,
    ),
);
const record = fc
  .tuple(fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n")), { maxLength: 8 }), line, fc.boolean())
  .map(([lines, last, isEnded]) => lines.map((l) => l.join("")).join("") + (isEnded ? "" : last));

describe("sfe: NDJSON", () => {
  it("gives any record back byte for byte, whole and in pieces", () => {
    fc.assert(
      fc.property(record, fc.integer({ min: 1, max: 200 }), (text, pieceLength) => {
        const bytes = bytesOf(text);
        for (const options of [NDJSON, { ...NDJSON, pieceLength }]) {
          const parts = [...readRecord(bytes, options)].map((piece) => {
            const chosen = new Set(piece.features.map((f) => f.index).filter((i) => i % 2 === 0));
            const { head, publicFragment, privateFragment } = splitPiece(piece, chosen);
            const stored = decodeHead(encodeHead(head));
            assert.deepEqual(stored, head);
            assert.equal(new Set(head.features.map((f) => f.name)).size, head.features.length, "names are unique");
            return assemble(stored, [publicFragment, privateFragment]);
          });
          assert.deepEqual(new Uint8Array(Buffer.concat(parts)), bytes);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("names features by line, over all pieces, blank lines counted", () => {
    const text = '{"resourceType":"Patient","id":"a"}\n\n{"resourceType":"Observation","valueInteger":3}';
    for (const pieceLength of [1, 1000]) {
      const names = [...readRecord(bytesOf(text), { ...NDJSON, pieceLength })].flatMap((p) =>
        p.features.map((f) => f.name),
      );
      assert.deepEqual(names, ["line[0].Patient.id", "line[2].Observation.valueInteger"]);
    }
  });

  it("labels measures within their own resource", () => {
    const { features } = whole(example("observations.ndjson"), NDJSON);
    assert.deepEqual(
      features.filter((f) => f.measure).map((f) => [f.name, f.value, f.measure?.unit?.text]),
      [
        ["line[1].Observation.valueQuantity.value", "72.0", "beats/minute"],
        ["line[2].Observation.valueQuantity.value", "36.80", "degrees Celsius"],
      ],
    );
  });

  it("evaluates a policy on each line; a selector may be idle on some lines, not on all", () => {
    const bytes = example("observations.ndjson");
    for (const pieceLength of [1, 100_000]) {
      const options = { ...NDJSON, pieceLength };
      assert.deepEqual(privateNames(bytes, options, "Patient.birthDate", "Observation.value.ofType(string)"), [
        "line[0].Patient.birthDate",
        "line[3].Observation.valueString",
      ]);
      assert.include(
        refusal("POLICY_SELECTS_NOTHING", () => privateNames(bytes, options, "Patient.name", "Patient.photo")),
        "Patient.photo",
      );
    }
  });

  it("takes the example, and its policy", () => {
    const bytes = example("observations.ndjson");
    const policy = parsePolicy(Buffer.from(example("observations.policy.json")).toString());
    assert.deepEqual(through(bytes, NDJSON, policy.private), bytes);
    const selected = new Set(privateNames(bytes, NDJSON, ...policy.private));
    for (const { name, value } of whole(bytes, NDJSON).features) {
      if (/Okafor|Ada|1971|A-010442|p-01/.test(String(value))) assert.isTrue(selected.has(name), name);
    }
  });

  for (const [what, text, where] of [
    ["a line that is not JSON", '{"resourceType":"Patient"}\n{"resourceType":', "NDJSON line 2"],
    ["a line that is not FHIR", '{"resourceType":"Patient"}\n\n{"a":1}\n', "NDJSON line 3"],
    ["two resources on a line", '{"resourceType":"Patient"}{"resourceType":"Patient"}', "NDJSON line 1"],
    ["a resource over several lines", '{"resourceType":\n"Patient"}', "NDJSON line 1"],
    ["white space that is not JSON's", '{"resourceType":"Patient"}\n\u00a0\n', "NDJSON line 2"],
    ["a byte order mark", '\uFEFF{"resourceType":"Patient"}\n', "byte order mark"],
    ["a line above the limit", `{"resourceType":"Patient","a":"${"x".repeat(5 << 20)}`, "NDJSON line 1"],
  ] as const) {
    it(`refuses ${what}, and says where`, () => {
      assert.include(
        refusal("RECORD_FORMAT", () => [...readRecord(bytesOf(text), NDJSON)]),
        where,
      );
    });
  }

  it("refuses a head whose template holds a value, or a gap outside of a resource", () => {
    const { head } = whole(
      bytesOf('{"resourceType":"Patient","id":"a"}\n{"resourceType":"Patient","id":"b"}\n'),
      NDJSON,
    );
    if (head.format !== "fhir-r4+ndjson") assert.fail(head.format);
    const [a = "", b = "", c = ""] = head.template;
    for (const template of [
      [a, b.replace("}", ',"x":1}'), c],
      [a, b, `${c}\n`, ""],
      [a, `${b}null`, c],
      [a + b, c],
    ]) {
      refusal("FRAGMENT_INVALID", () => decodeHead(encodeHead({ ...head, template, features: [] })));
    }
  });
});
