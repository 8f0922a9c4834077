import { secret } from "./marked.ts";
import { draws, observation, patient, person, uuid } from "./people.ts";

/** A transaction as Synthea writes them: Patient, Organization, Practitioner, Encounter, Observations, Claim. */
export function syntheaLike(seed: number): unknown {
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
