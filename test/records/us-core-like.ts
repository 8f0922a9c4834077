import { type FhirFile, loinc } from "./fhir-file.ts";
import { secret } from "./marked.ts";
import { draws, patient, person } from "./people.ts";

/** Single resources as a US Core server gives them: what they refer to is not in the file. */
export function usCoreLike(): FhirFile[] {
  const draw = draws(77);
  const subject = secret({ reference: "Patient/example", display: "Amyntha Shawcross" });
  const common = {
    id: "example-1",
    meta: { versionId: "3", profile: ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-x|7.0.0"] },
  };
  const performer = secret([{ reference: "Practitioner/practitioner-1", display: "Dr Ronalda Bonefield" }]);
  const measured = (value: number, unit: string) => ({ value, unit, system: "http://unitsofmeasure.org", code: unit });
  const base = (resourceType: string, rest: object) => ({ resourceType, ...common, ...rest });
  const records: [string, unknown][] = [
    [
      "us-core-temperature",
      base("Observation", {
        status: "final",
        code: loinc("8310-5", "Body temperature"),
        subject,
        encounter: { display: secret("GP Visit") },
        performer,
        valueQuantity: measured(36.55556, "Cel"),
      }),
    ],
    [
      "us-core-weight",
      base("Observation", {
        status: "final",
        code: loinc("29463-7", "Body Weight"),
        subject,
        performer,
        valueQuantity: measured(20.09414, "kg"),
      }),
    ],
    [
      "us-core-blood-pressure",
      base("Observation", {
        status: "final",
        text: secret({ status: "generated", div: "<div>Amyntha Shawcross, 109/44</div>" }),
        code: loinc("85354-9", "Blood pressure"),
        subject,
        component: [
          { code: loinc("8480-6", "Systolic"), valueQuantity: measured(109, "mm[Hg]") },
          { code: loinc("8462-4", "Diastolic"), valueQuantity: measured(44, "mm[Hg]") },
        ],
      }),
    ],
    [
      "us-core-condition",
      base("Condition", {
        clinicalStatus: { coding: [{ code: "active" }] },
        code: {
          coding: [{ system: "http://snomed.info/sct", code: "442311008", display: "Liveborn born in hospital" }],
        },
        subject,
        onsetDateTime: "2016-08-10",
        recorder: secret({ reference: "Practitioner/practitioner-1" }),
      }),
    ],
    [
      "us-core-medication-request",
      base("MedicationRequest", {
        status: "active",
        intent: "order",
        medicationCodeableConcept: {
          coding: [{ system: "http://www.nlm.nih.gov/research/umls/rxnorm", code: "1049502" }],
        },
        subject,
        requester: secret({ reference: "Practitioner/practitioner-1" }),
        dosageInstruction: [{ text: "one tablet", doseAndRate: [{ doseQuantity: measured(1, "{tablet}") }] }],
      }),
    ],
    [
      "us-core-allergy",
      base("AllergyIntolerance", {
        identifier: secret([{ value: "49476534" }]),
        patient: subject,
        code: { text: "Peanut" },
        reaction: [{ manifestation: [{ text: "Hives" }] }],
      }),
    ],
    ["us-core-patient", { ...patient(person(draw)) }],
  ];
  return records.map(([name, record]) => ({ name, record, indent: 2 }));
}
