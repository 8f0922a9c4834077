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
    ["a phone number with a prefix to dial abroad", note("call 001 (555) 0109988"), "note[0].text"],
    ["a phone number with a zero before it", note("call 0555/0109988"), "note[0].text"],
    ["a part of a hyphenated name", note("Mx. Zorblatt came"), "note[0].text"],
    ["a hyphenated name in one word", note("ZorblattMueller"), "note[0].text"],
    ["a name whose umlaut is written out", note("Zorblatt-Mueller"), "note[0].text"],
    ["a birth date with the month's name", note("born April 19th, 1971"), "note[0].text"],
    ["a birth date with the month's name in another language", note("* 19. avril 1971"), "note[0].text"],
    ["a birth date with a short month", note("19-APR-1971"), "note[0].text"],
    ["a birth date with a year of two digits", note("4/19/71"), "note[0].text"],
    ["a birth date without punctuation", note("19041971"), "note[0].text"],
    ["a birth date in a URL", { subject: { reference: "http://a.example/?b=1971%2D04%2D19" } }, "subject.reference"],
    [
      "a name in a title of an attachment",
      { extension: [{ url: "http://a.example", valueAttachment: { title: "Letter_of_Quuxine.pdf" } }] },
      "extension[0].valueAttachment.title",
    ],
    ...(["utf8", "latin1", "utf16le"] as const).map((encoding): [string, object, string] => [
      `a name in a text attached as ${encoding}`,
      {
        contained: [
          { resourceType: "Binary", data: Buffer.from("für Mx. Müller-Zorblatt", encoding).toString("base64") },
        ],
      },
      "contained[0].data",
    ]),
    [
      "a name in a data URL",
      {
        extension: [{ url: "u", valueUrl: `data:text/plain;base64,${Buffer.from("for Quuxine").toString("base64")}` }],
      },
      "extension[0].valueUrl",
    ],
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
      "dates and numbers that are none of hers",
      note("April 18, 1971; 4/18/71; 1.4.19/71; 555 010 9989; 5550109988012"),
    ],
    ["a title that is part of no name", note("Doctor, male, test")],
    [
      "the name in a term of a code system",
      { code: { coding: [{ system: "http://loinc.org", display: "Quuxine [Mass/volume]" }] } },
    ],
  ] satisfies [string, object][]) {
    it(`lets ${what} pass`, () => {
      assert.isNotEmpty(take(bundle(observation), NAMED).private);
    });
  }

  it("looks for each part of a name that is one text, and of a column of persons' names, but not of other names", () => {
    const named = { resourceType: "Patient", name: [{ text: "Dr. Quuxine van der Zorblatt" }] };
    const two = (text: string) =>
      bytesOf(
        JSON.stringify({
          resourceType: "Bundle",
          type: "collection",
          entry: [{ resource: named }, { resource: { resourceType: "Observation", ...note(text) } }],
        }),
      );
    refusal("PRIVATE_VALUE_PUBLIC", () => take(two("saw Zorblatt"), ["Bundle.entry.resource.name"]));
    assert.isNotEmpty(take(two("Dr. van Helsing, under der Linde"), ["Bundle.entry.resource.name"]).private);
    refusal("PRIVATE_VALUE_PUBLIC", () => take(bytesOf('name,x\n"Zorblatt, Quuxine",Quuxine\n'), ["name"]));
    assert.isNotEmpty(take(bytesOf("drug name,x\nAspirin tablet,tablet\n"), ["drug name"]).private);
  });

  it("takes a birth date in a column in whatever form, and one that may be two days as it is written", () => {
    const table = (birth: string, x: string) => bytesOf(`birth,x\n${birth},${x}\n`);
    for (const [birth, x] of [
      ["19.4.1971", "1971-04-19"],
      ["1971-04-19", "19 Apr 1971"],
      ["4/3/1971", "04-03-1971"],
      ["04/03/1971", "4.3.1971"],
    ] as const) {
      refusal("PRIVATE_VALUE_PUBLIC", () => take(table(birth, x), ["birth"]));
    }
    assert.isNotEmpty(take(table("4/3/1971", "1971-05-03"), ["birth"]).private);
  });

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
