import type { FhirFile } from "./fhir-file.ts";
import { secret } from "./marked.ts";

/** Resources that each hide a person in a place of their own, of FHIR R4 and of other versions. */
export function singleResources(): FhirFile[] {
  const unresolved = (reference: string) => ({ reference: secret(reference) });
  const records: [string, unknown][] = [
    [
      "urn-subject-with-name",
      {
        resourceType: "Observation",
        status: "final",
        code: { text: "x" },
        subject: { reference: secret("urn:uuid:77"), display: secret("Quux Zorblatt") },
      },
    ],
    [
      "related-person",
      {
        resourceType: "RelatedPerson",
        id: secret("rp-0815"),
        active: true,
        patient: secret({ reference: "Patient/1" }),
        relationship: secret([{ text: "mother" }]),
        name: secret([{ text: "Ilse Knopf" }]),
        gender: "female",
        birthDate: secret("1950-02-03"),
      },
    ],
    [
      "person",
      {
        resourceType: "Person",
        id: secret("person-1"),
        name: secret([{ family: "Zorblatt" }]),
        link: secret([{ target: { reference: "Patient/77" } }]),
        active: true,
      },
    ],
    [
      "practitioner-role",
      {
        resourceType: "PractitionerRole",
        id: secret("role-77"),
        active: true,
        practitioner: secret({ reference: "Practitioner/1", display: "Dr Z" }),
        telecom: secret([{ value: "555-0101" }]),
      },
    ],
    [
      "coverage",
      {
        resourceType: "Coverage",
        id: "cov",
        status: "active",
        subscriberId: secret("ZX-99-1234"),
        subscriber: unresolved("Patient/9"),
        beneficiary: unresolved("Patient/9"),
        dependent: secret("02"),
        payor: [unresolved("Organization/7")],
        class: [{ type: { text: "group" }, value: "G1" }],
      },
    ],
    [
      "family-history",
      {
        resourceType: "FamilyMemberHistory",
        status: "completed",
        patient: unresolved("Patient/9"),
        name: secret("Grandpa Zorblatt"),
        relationship: { text: "grandfather" },
        bornDate: secret("1920-01-01"),
        condition: [
          {
            code: { text: "stroke" },
            onsetAge: { value: 74, unit: "a", system: "http://unitsofmeasure.org", code: "a" },
          },
        ],
      },
    ],
    [
      "audit-event",
      {
        resourceType: "AuditEvent",
        type: { code: "rest" },
        recorded: "2024-01-01T00:00:00Z",
        agent: [
          {
            who: secret({ identifier: { value: "95" } }),
            altId: secret("601847123"),
            name: secret("Grahame Grievance"),
            requestor: true,
            network: secret({ address: "10.0.0.7", type: "2" }),
          },
        ],
        source: { observer: secret({ display: "Cloud" }) },
      },
    ],
    [
      "device",
      {
        resourceType: "Device",
        id: "d",
        status: "active",
        udiCarrier: secret([{ deviceIdentifier: "09504000059118" }]),
        serialNumber: secret("AMID-342135-8464"),
        lotNumber: secret("43453424"),
        type: { text: "pacemaker" },
        patient: unresolved("Patient/9"),
      },
    ],
    [
      "location",
      {
        resourceType: "Location",
        status: "active",
        name: secret("Home of Zorblatt"),
        description: secret("the blue door"),
        position: secret({ longitude: -83.69, latitude: 42.25 }),
        address: secret({ city: "X" }),
        physicalType: { coding: [{ code: "ho" }] },
      },
    ],
    [
      "account",
      {
        resourceType: "Account",
        identifier: secret([{ value: "654321" }]),
        status: "active",
        name: secret("HACC Funded Billing for Zorblatt"),
        subject: [unresolved("Patient/9")],
      },
    ],
    [
      "parameters",
      {
        resourceType: "Parameters",
        parameter: [
          { name: "patient", valueString: secret("889977") },
          { name: "count", valueInteger: 3 },
          { name: "ref", valueReference: secret({ reference: "Patient/3" }) },
        ],
      },
    ],
    [
      "attachment",
      {
        resourceType: "DocumentReference",
        status: "current",
        subject: unresolved("Patient/9"),
        description: "a scan",
        content: [{ attachment: secret({ contentType: "text/plain", data: "WmxvYmJseQ==", title: "Zorblatt.pdf" }) }],
      },
    ],
    [
      "media",
      {
        resourceType: "Media",
        status: "completed",
        subject: unresolved("Patient/9"),
        content: secret({ contentType: "image/png", url: "http://img.example/zorblatt.png" }),
        height: 145,
      },
    ],
    [
      "extensions",
      {
        resourceType: "Observation",
        status: "final",
        code: { text: "x" },
        extension: [
          { url: "http://e.example/who", valueHumanName: secret({ text: "Ada" }) },
          { url: "http://e.example/text", valueString: secret("ask Ada") },
          { url: "http://e.example/code", valueCode: "a" },
          { url: "http://e.example/ref", valueReference: { reference: secret("Patient/4"), display: secret("Ada") } },
        ],
        _status: { id: "s1", extension: [{ url: "http://e.example/n", valueString: secret("by Ada") }] },
      },
    ],
    [
      "unknown-elements",
      {
        resourceType: "Observation",
        status: "final",
        code: { text: "x" },
        caregiver: secret({ reference: "urn:uuid:5", display: "Ada" }),
        who: secret("Ada"),
        rating: secret(3),
      },
    ],
    [
      "contained",
      {
        resourceType: "Observation",
        status: "final",
        code: { text: "x" },
        contained: [
          { resourceType: "Patient", id: secret("me"), name: secret([{ text: "Ada" }]), gender: "other" },
          { resourceType: "Specimen", id: "tube", type: { text: "blood" } },
        ],
        subject: unresolved("#me"),
        specimen: { reference: "#tube" },
      },
    ],
    [
      "annotation",
      {
        resourceType: "Observation",
        status: "final",
        code: { text: "x" },
        note: [{ authorString: secret("Nurse Ada"), text: "slept well" }],
        subject: unresolved("Patient/9"),
      },
    ],
    [
      "questionnaire-response",
      {
        resourceType: "QuestionnaireResponse",
        status: "completed",
        subject: unresolved("Patient/9"),
        source: unresolved("RelatedPerson/1"),
        item: [
          { linkId: "1", text: "Pain?", answer: [{ valueInteger: 3 }] },
          { linkId: "2", answer: [{ valueAttachment: secret({ title: "photo" }) }] },
        ],
      },
    ],
    [
      "imaging-study",
      {
        resourceType: "ImagingStudy",
        status: "available",
        subject: unresolved("Patient/9"),
        series: [
          {
            uid: secret("2.16.124.113543.6003.2588828330"),
            modality: { code: "CT" },
            instance: [{ uid: secret("2.16.124.113543.6003.189642796"), sopClass: { code: "x" }, number: 1 }],
          },
        ],
      },
    ],
    [
      "r5-observation",
      {
        resourceType: "Observation",
        meta: { profile: ["http://hl7.org/fhir/5.0/StructureDefinition/Observation"] },
        status: "final",
        code: { text: "x" },
        triggeredBy: [{ observation: unresolved("Observation/1"), type: "reflex" }],
        subject: unresolved("Patient/9"),
        valueAttachment: secret({ title: "secret" }),
      },
    ],
    [
      "r5-codeable-reference",
      {
        resourceType: "MedicationStatement",
        status: "recorded",
        medication: { concept: { text: "aspirin" }, reference: { reference: secret("Medication/9") } },
        subject: unresolved("Patient/9"),
        adherence: { code: { text: "taking" } },
      },
    ],
    [
      "r4b-ingredient",
      {
        resourceType: "Ingredient",
        meta: { profile: ["http://hl7.org/fhir/4.3/StructureDefinition/Ingredient"] },
        identifier: secret({ value: "ING-0042" }),
        status: "active",
        role: { text: "active" },
        for: [unresolved("ManufacturedItemDefinition/1")],
      },
    ],
    [
      "stu3-observation",
      {
        resourceType: "Observation",
        meta: { profile: ["http://hl7.org/fhir/3.0/StructureDefinition/Observation"] },
        status: "final",
        code: { text: "x" },
        context: unresolved("Encounter/1"),
        comment: "free text",
        subject: unresolved("Patient/9"),
      },
    ],
    [
      "dstu2-medication-order",
      {
        resourceType: "MedicationOrder",
        dateWritten: "2015-01-15",
        status: "active",
        patient: secret({ reference: "Patient/pat1", display: "Donald Duckling" }),
        prescriber: unresolved("Practitioner/f007"),
      },
    ],
  ];
  return records.map(([name, record]) => ({ name, record }));
}
