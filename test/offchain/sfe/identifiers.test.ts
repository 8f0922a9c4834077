import { parseFhir, selectPrivate } from "@medexchain/sfe";
import { assert } from "chai";
import { bytesOf, example, refusal } from "./support.ts";

function privateOf(record: object): string[] {
  const document = parseFhir(bytesOf(JSON.stringify(record)));
  return [...selectPrivate(document, ["identifiers"])].map((i) => document.features[i]!.name);
}

describe("sfe: the policy word identifiers", () => {
  it("selects what identifies a Patient, and leaves what does not", () => {
    const names = privateOf({
      resourceType: "Patient",
      id: "p",
      meta: { versionId: "1" },
      text: { status: "generated", div: "<div>Ada</div>" },
      active: true,
      name: [{ family: "Okafor" }],
      telecom: [{ value: "1" }],
      gender: "female",
      birthDate: "1971-04-19",
      _birthDate: { extension: [{ url: "u", valueDateTime: "1971-04-19T01:00:00Z" }] },
      deceasedBoolean: false,
      address: [{ city: "X" }],
      maritalStatus: { text: "married" },
      contact: [{ name: { text: "B" } }],
      communication: [{ language: { text: "sv" } }],
      managingOrganization: { reference: "Organization/1" },
    });
    assert.deepEqual(names, [
      "Patient.id",
      ...["Patient.text.status", "Patient.text.div", "Patient.name[0].family", "Patient.telecom[0].value"],
      ...["Patient.birthDate", "Patient._birthDate.extension[0].url", "Patient._birthDate.extension[0].valueDateTime"],
      ...["Patient.deceasedBoolean", "Patient.address[0].city", "Patient.contact[0].name.text"],
      "Patient.managingOrganization.reference", // it is to nothing in the record
    ]);
  });

  it("selects references to the patient of a Bundle, its full URL, and narratives", () => {
    const names = privateOf({
      resourceType: "Bundle",
      entry: [
        { fullUrl: "urn:uuid:1", resource: { resourceType: "Patient", gender: "male" } },
        {
          fullUrl: "urn:uuid:2",
          resource: {
            resourceType: "Observation",
            text: { div: "<div>Ada</div>" },
            code: { text: "public" },
            subject: { reference: "urn:uuid:1", display: "Ada" },
            performer: [{ reference: "urn:uuid:9" }, { reference: "https://a.example/fhir/Patient/7" }],
            hasMember: [{ type: "Patient", identifier: { value: "7" } }],
          },
        },
        { resource: { resourceType: "Task", for: { identifier: { value: "4711" } }, owner: { display: "Dr. X" } } },
      ],
    });
    assert.deepEqual(
      names.map((name) => name.replace("Bundle.entry", "")),
      [
        "[0].fullUrl",
        "[1].resource.text.div",
        ...["[1].resource.subject.reference", "[1].resource.subject.display"],
        ...["[1].resource.performer[0].reference", "[1].resource.performer[1].reference"],
        ...["[1].resource.hasMember[0].type", "[1].resource.hasMember[0].identifier.value"],
        ...["[2].resource.for.identifier.value", "[2].resource.owner.display"],
      ],
    );
  });

  it("finds contained patients, and references to them", () => {
    const names = privateOf({
      resourceType: "Observation",
      contained: [
        { resourceType: "Patient", id: "me", name: [{ text: "Ada" }] },
        { resourceType: "Specimen", id: "sample" },
      ],
      subject: { reference: "#me" },
      focus: [{ reference: "#other" }, { reference: "#sample", type: "Specimen" }],
    });
    assert.deepEqual(names, [
      "Observation.contained[0].id",
      "Observation.contained[0].name[0].text",
      "Observation.subject.reference",
      "Observation.focus[0].reference",
    ]);
  });

  it("leaves no identity in the public part of the example record", () => {
    const document = parseFhir(example("patient-record.json"));
    const selected = selectPrivate(document, ["identifiers"]);
    const open = document.features.filter(({ index }) => !selected.has(index)).map(({ value }) => String(value));
    const patient = JSON.parse(Buffer.from(example("patient-record.json")).toString()).entry[0];
    const { family, given } = patient.resource.name[0];
    for (const secret of [family, ...given, patient.resource.birthDate, patient.fullUrl, "A-004711", "753 10"]) {
      assert.isFalse(
        open.some((text) => text.includes(secret)),
        secret,
      );
    }
    assert.isTrue(open.includes("36.50"), "measurements stay public under this word alone");
  });

  it("joins other selectors, and must select something", () => {
    const document = parseFhir(example("patient-record.json"));
    const alone = selectPrivate(document, ["identifiers"]).size;
    const more = selectPrivate(document, ["identifiers", "Bundle.entry.resource.gender"]).size;
    assert.equal(more, alone + 1);
    refusal("POLICY_SELECTS_NOTHING", () => privateOf({ resourceType: "Medication", status: "active" }));
  });
});
