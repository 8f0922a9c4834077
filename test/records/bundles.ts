import { type FhirFile, loinc } from "./fhir-file.ts";
import { secret } from "./marked.ts";
import { draws, patient, person } from "./people.ts";

/** A bundle of each type. */
export function bundles(): FhirFile[] {
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
