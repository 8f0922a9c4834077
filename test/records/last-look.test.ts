import { findLeaks, requireNoLeaks, splitRecord } from "@medexchain/sfe";
import { assert } from "chai";
import { refusal } from "../offchain/sfe/support.ts";
import { bytesOf, take } from "./support.ts";

const patient = {
  resourceType: "Patient",
  id: "pat-4711",
  identifier: [{ value: "A-004711" }],
  name: [{ family: "Zorblatt-Müller", given: ["Quuxine", "Li"] }],
  birthDate: "1971-04-19",
  telecom: [{ value: "+1 555 010 9988" }],
  address: [{ line: ["12 Elm Street"] }],
};
const NAMED = ["name", "identifier", "birthDate", "telecom", "address", "id"].map(
  (element) => `Bundle.entry.resource.ofType(Patient).${element}`,
);

function bundle(observation: object): Uint8Array {
  const resource = { resourceType: "Observation", status: "final", code: { text: "x" }, ...observation };
  return bytesOf(
    JSON.stringify({ resourceType: "Bundle", type: "collection", entry: [{ resource: patient }, { resource }] }),
  );
}

const note = (text: string) => ({ note: [{ text }] });

describe("records: the last look", () => {
  for (const [what, observation, place] of [
    ["a name in a note", note("Seen with ZORBLATT müller."), "note[0].text"],
    ["a name without its accents", note("Zorblatt Muller"), "note[0].text"],
    ["a given name", note("quuxine slept well"), "note[0].text"],
    ["a short name as it is written", note("for Li, daily"), "note[0].text"],
    [
      "a number in a URL",
      { subject: { reference: "http://a.example/Patient?identifier=urn%3Ah%7CA-004711" } },
      "subject.reference",
    ],
    ["an id in a reference", { subject: { reference: "Patient/pat-4711" } }, "subject.reference"],
    ["a name in a narrative, as entities", { text: { div: "<div>Zorblatt-M&uuml;ller</div>" } }, "text.div"],
    ["a birth date in another form", note("born 19.4.1971"), "note[0].text"],
    ["a birth date in a time", { effectiveDateTime: "1971-04-19T01:00:00Z" }, "effectiveDateTime"],
    ["a phone number in one piece", note("call 15550109988"), "note[0].text"],
    ["a phone number without its country", note("call 555-010-9988"), "note[0].text"],
    ["a street", note("lives at 12, Elm street"), "note[0].text"],
    [
      "a name in an attached text",
      { contained: [{ resourceType: "Binary", data: Buffer.from("Mx. Quuxine").toString("base64") }] },
      "contained[0].data",
    ],
    [
      "a name in a display of a code of one's own",
      { code: { coding: [{ system: "http://my.example", display: "Quuxine's test" }] } },
      "code.coding[0].display",
    ],
  ] satisfies [string, object, string][]) {
    it(`finds ${what}, names the place and not the value`, () => {
      const message = refusal("PRIVATE_VALUE_PUBLIC", () => take(bundle(observation), NAMED));
      assert.include(message, `Bundle.entry[1].resource.${place}`);
      assert.notMatch(message, /zorblatt|quuxine|4711|9988/i);
    });
  }

  for (const [what, observation] of [
    ["a part of a word", note("Zorblatts quuxines Lime list")],
    ["a short name in lower case", note("li")],
    ["another date", { effectiveDateTime: "1971-04-18" }],
    [
      "the name in a term of a code system",
      { code: { coding: [{ system: "http://loinc.org", display: "Quuxine [Mass/volume]" }] } },
    ],
  ] satisfies [string, object][]) {
    it(`lets ${what} pass`, () => {
      assert.isNotEmpty(take(bundle(observation), NAMED).private);
    });
  }

  it("takes a place that is allowed knowingly, with positions or without, and only that place", () => {
    const bytes = bundle({ ...note("Quuxine"), method: { text: "by Quuxine" } });
    for (const path of ["Bundle.entry[1].resource.note", "Bundle.entry.resource.note.text"]) {
      const message = refusal("PRIVATE_VALUE_PUBLIC", () => take(bytes, NAMED, { allowPublic: [path] }));
      assert.include(message, "method.text");
      assert.notInclude(message, "note");
      assert.isNotEmpty(take(bytes, NAMED, { allowPublic: [path, "Bundle.entry[1].resource.method"] }).private);
    }
    refusal("PRIVATE_VALUE_PUBLIC", () =>
      take(bytes, NAMED, { allowPublic: ["Bundle.entry[1].resource.not", "Bundle.entry[1].resource.method"] }),
    );
  });

  it("sees across the lines of NDJSON, also when the name comes last", () => {
    const lines = [
      JSON.stringify({ resourceType: "Observation", status: "final", code: { text: "for Quuxine" } }),
      JSON.stringify(patient),
    ];
    const message = refusal("PRIVATE_VALUE_PUBLIC", () =>
      take(bytesOf(lines.join("\n")), ["Patient.name"], { name: "x.ndjson" }),
    );
    assert.include(message, "line[0].Observation.code.text");
  });

  it("can be asked of split pieces alone", () => {
    const bytes = bytesOf("name,x\nQuuxine,1\n");
    const pieces = [...splitRecord(bytes, { format: "csv", selectors: ["name"] })];
    const shown = pieces.map((piece) => ({ ...piece, publicFragment: { features: [{ index: 1, value: "Quuxine" }] } }));
    assert.deepEqual(findLeaks(pieces), []);
    assert.deepEqual(findLeaks(shown), [{ place: "x, row 2" }]);
    refusal("PRIVATE_VALUE_PUBLIC", () => requireNoLeaks(findLeaks(shown)));
    assert.deepEqual(findLeaks(shown, ["x"]), []);
  });
});
