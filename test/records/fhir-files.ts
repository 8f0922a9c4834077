/** FHIR files of the corpus, with what the policy `identifiers` must find in them marked. */

import { secret } from "./marked.ts";
import { draws, observation, patient, person, uuid } from "./people.ts";

export interface FhirFile {
  readonly name: string;
  readonly record: unknown;
  /** Spaces of indentation. */
  readonly indent?: number;
}

const loinc = (code: string, display: string) => ({
  coding: [{ system: "http://loinc.org", code, display }],
  text: display,
});

/** A transaction as Synthea writes them: Patient, Organization, Practitioner, Encounter, Observations, Claim. */
function syntheaLike(seed: number): unknown {
  const draw = draws(seed);
  const who = person(draw);
  const url = (id: string) => `urn:uuid:${id}`;
  const [organization, practitioner, encounter, claim] = [uuid(draw), uuid(draw), uuid(draw), uuid(draw)];
  const subject = { reference: secret(url(who.id)) };
  const post = (type: string) => ({ method: "POST", url: type });
  const observations = Array.from({ length: 3 + (seed % 5) }, () =>
    observation(draw, subject, { reference: url(encounter) }),
  );
  return {
    resourceType: "Bundle",
    type: "transaction",
    entry: [
      { fullUrl: secret(url(who.id)), resource: patient(who), request: post("Patient") },
      {
        fullUrl: url(organization),
        resource: {
          resourceType: "Organization",
          id: organization,
          active: true,
          name: "Plumbridge General Hospital",
          telecom: secret([{ system: "phone", value: "(413) 794-0000" }]),
          address: secret([{ city: "Plumbridge", state: "MA" }]),
        },
        request: post("Organization"),
      },
      {
        fullUrl: secret(url(practitioner)),
        resource: {
          resourceType: "Practitioner",
          id: secret(practitioner),
          active: true,
          identifier: secret([{ system: "http://hl7.org/fhir/sid/us-npi", value: "9999920499" }]),
          name: secret([{ family: "Wobblegate", given: ["Thaddeon"] }]),
          gender: "male",
        },
        request: post("Practitioner"),
      },
      {
        fullUrl: url(encounter),
        resource: {
          resourceType: "Encounter",
          id: encounter,
          status: "finished",
          class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "AMB" },
          subject: { reference: secret(url(who.id)), display: secret(`${who.given} ${who.family}`) },
          participant: [
            { individual: { reference: secret(url(practitioner)), display: secret("Dr. Thaddeon Wobblegate") } },
          ],
          period: { start: "2019-03-02T09:00:00+01:00", end: "2019-03-02T09:30:00+01:00" },
          serviceProvider: { reference: url(organization), display: secret("Plumbridge General Hospital") },
        },
        request: post("Encounter"),
      },
      ...observations.map((resource) => ({
        fullUrl: url(String(resource.id)),
        resource,
        request: post("Observation"),
      })),
      {
        // Kept under the number of the claim: its address tells it.
        fullUrl: secret(url(claim)),
        resource: {
          resourceType: "Claim",
          id: secret(claim),
          identifier: secret([{ system: "http://insurer.example/claim", value: claim }]),
          status: "active",
          use: "claim",
          patient: subject,
          provider: { reference: url(organization) },
          total: { value: 129.16, currency: "USD" },
        },
        request: post("Claim"),
      },
    ],
  };
}

/** Single resources as a US Core server gives them: what they refer to is not in the file. */
function usCoreLike(): FhirFile[] {
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

function bundles(): FhirFile[] {
  const draw = draws(5150);
  const who = person(draw);
  const subject = { reference: secret(`Patient/${who.id}`) };
  const seen = { resourceType: "Observation", id: "o-1", status: "final", code: { text: "x" }, subject };
  const link = [{ relation: "self", url: secret(`https://a.example/fhir/Observation?patient=${who.id}`) }];
  return [
    {
      name: "searchset",
      record: {
        resourceType: "Bundle",
        type: "searchset",
        total: 2,
        link,
        entry: [
          {
            fullUrl: secret(`https://a.example/fhir/Patient/${who.id}`),
            resource: patient(who),
            search: { mode: "include" },
          },
          { fullUrl: "https://a.example/fhir/Observation/o-1", resource: seen, search: { mode: "match", score: 0.75 } },
        ],
      },
    },
    {
      name: "transaction-conditional",
      record: {
        resourceType: "Bundle",
        type: "transaction",
        entry: [
          {
            fullUrl: secret("urn:uuid:p"),
            resource: patient(who),
            request: {
              method: "PUT",
              url: secret(`Patient/${who.id}`),
              ifNoneExist: secret(`identifier=urn:h|${who.mrn}`),
              ifMatch: secret('W/"3"'),
            },
          },
          {
            resource: { ...seen, subject: { reference: secret(`Patient?identifier=urn:h|${who.mrn}`) } },
            request: { method: "POST", url: "Observation" },
          },
        ],
      },
    },
    {
      name: "transaction-response",
      record: {
        resourceType: "Bundle",
        type: "transaction-response",
        link,
        entry: [
          {
            response: {
              status: "201 Created",
              location: secret(`Patient/${who.id}/_history/1`),
              etag: secret('W/"1"'),
              lastModified: "2024-01-01T00:00:00Z",
            },
          },
        ],
      },
    },
    {
      name: "history",
      record: {
        resourceType: "Bundle",
        type: "history",
        entry: [
          {
            fullUrl: secret(`https://a.example/fhir/Patient/${who.id}`),
            resource: patient(who),
            request: { method: "PUT", url: secret(`Patient/${who.id}`) },
          },
        ],
      },
    },
    {
      name: "document",
      record: {
        resourceType: "Bundle",
        type: "document",
        identifier: secret({ system: "urn:ietf:rfc:3986", value: "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0" }),
        timestamp: "2013-05-28T22:12:21Z",
        entry: [
          {
            fullUrl: "urn:uuid:c1",
            resource: {
              resourceType: "Composition",
              id: "c1",
              status: "final",
              type: loinc("28655-9", "Discharge summary"),
              subject: { reference: secret("urn:uuid:p1"), display: secret("Z. Quendlebury") },
              date: "2013-02-01",
              author: [{ reference: secret("Practitioner/ex"), display: secret("Doctor Davenforth") }],
              title: "Discharge",
              section: [
                {
                  title: "Reason",
                  text: secret({ status: "additional", div: "<div>Zoltanica was <b>admitted</b></div>" }),
                  section: [{ text: secret({ status: "generated", div: "<div>inner</div>" }) }],
                },
              ],
            },
          },
          { fullUrl: secret("urn:uuid:p1"), resource: patient(who) },
        ],
        signature: secret({ when: "2013-05-28T22:12:21Z", who: { reference: "Practitioner/ex" }, data: "QUJD" }),
      },
    },
    {
      name: "message",
      record: {
        resourceType: "Bundle",
        type: "message",
        entry: [
          {
            fullUrl: "urn:uuid:m",
            resource: {
              resourceType: "MessageHeader",
              id: "m",
              eventCoding: { system: "http://example.org/events", code: "admin" },
              source: secret({ name: "Acme", endpoint: "http://acme.example" }),
              focus: [{ reference: secret("urn:uuid:p") }],
            },
          },
          { fullUrl: secret("urn:uuid:p"), resource: patient(who) },
        ],
      },
    },
  ];
}

function oneOfAKind(): FhirFile[] {
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

/** All FHIR files for the policy `identifiers`. */
export function fhirFiles(): FhirFile[] {
  const synthea = [11, 12, 13, 14].map((seed, i) => ({
    name: `synthea-like-${seed}`,
    record: syntheaLike(seed),
    ...(i > 0 && { indent: 4 }),
  }));
  return [...synthea, ...usCoreLike(), ...bundles(), ...oneOfAKind()];
}
