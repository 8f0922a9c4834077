/** Invented people and what is measured of them, drawn from a seed. */

import { secret } from "./marked.ts";

export type Draw = () => number;

/** mulberry32: a sequence of numbers in [0, 1) for a seed. */
export function draws(seed: number): Draw {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(draw: Draw, items: readonly T[]): T {
  return items[Math.floor(draw() * items.length)]!;
}

function digits(draw: Draw, count: number): string {
  return Array.from({ length: count }, () => Math.floor(draw() * 10)).join("");
}

export function uuid(draw: Draw): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(draw() * 16).toString(16)).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const FAMILIES = ["Quendlebury", "Vrabčáková", "Thistlewaite", "O'Grumpnell", "van der Zwaluw", "Ōtsubo"];
const GIVEN = ["Zoltanica", "Ferdibert", "Anneloes", "Ixchelle", "Bråndvik", "Kōnosuke"];

export interface Person {
  readonly id: string;
  readonly family: string;
  readonly given: string;
  readonly birthDate: string;
  readonly mrn: string;
  readonly phone: string;
}

export function person(draw: Draw): Person {
  const month = String(1 + Math.floor(draw() * 12)).padStart(2, "0");
  return {
    id: uuid(draw),
    family: pick(draw, FAMILIES),
    given: pick(draw, GIVEN),
    birthDate: `19${40 + Math.floor(draw() * 50)}-${month}-1${Math.floor(draw() * 9)}`,
    mrn: digits(draw, 8),
    phone: `555-${digits(draw, 3)}-${digits(draw, 4)}`,
  };
}

/** A Patient as Synthea exports one, with all that says who it is marked. */
export function patient({ id, family, given, birthDate, mrn, phone }: Person): Record<string, unknown> {
  return {
    resourceType: "Patient",
    id: secret(id),
    meta: { profile: ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"] },
    text: secret({ status: "generated", div: `<div xmlns="http://www.w3.org/1999/xhtml">${given} ${family}</div>` }),
    extension: secret([
      {
        url: "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
        extension: [{ url: "ombCategory", valueCoding: { system: "urn:oid:2.16.840.1.113883.6.238", code: "2028-9" } }],
      },
      { url: "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName", valueString: "Jutta Starkling" },
      { url: "http://example.org/disability-adjusted-life-years", valueDecimal: 1.032132558396036 },
    ]),
    identifier: secret([
      { system: "http://hospital.example/mrn", value: mrn, type: { text: "Medical Record Number" } },
    ]),
    active: true,
    name: secret([{ use: "official", family, given: [given], prefix: ["Mx."] }]),
    telecom: secret([{ system: "phone", value: phone, use: "home" }]),
    gender: "female",
    birthDate: secret(birthDate),
    _birthDate: secret({
      extension: [
        { url: "http://hl7.org/fhir/StructureDefinition/patient-birthTime", valueDateTime: `${birthDate}T03:04:05Z` },
      ],
    }),
    address: secret([
      { line: ["984 Ondricka Crossing Unit 72"], city: "Ploopsburg", state: "Massachusetts", postalCode: "02474" },
    ]),
    maritalStatus: {
      coding: [{ system: "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", code: "M" }],
      text: "M",
    },
    multipleBirthBoolean: secret(false),
    communication: [{ language: { coding: [{ system: "urn:ietf:bcp:47", code: "en-US" }] } }],
    generalPractitioner: secret([{ reference: "Practitioner/123", display: "Dr. Wobblegate" }]),
    managingOrganization: secret({ reference: "Organization/elsewhere" }),
  };
}

export interface Measured {
  readonly loinc: string;
  readonly name: string;
  readonly unit: string;
}

const MEASURED: readonly Measured[] = [
  { loinc: "8302-2", name: "Body Height", unit: "cm" },
  { loinc: "29463-7", name: "Body Weight", unit: "kg" },
  { loinc: "8310-5", name: "Body temperature", unit: "Cel" },
  { loinc: "8867-4", name: "Heart rate", unit: "/min" },
];

/** An Observation with a decimal of as many digits as a double prints. */
export function observation(draw: Draw, subject: unknown, encounter: unknown): Record<string, unknown> {
  const { loinc, name, unit } = pick(draw, MEASURED);
  return {
    resourceType: "Observation",
    id: uuid(draw),
    status: "final",
    category: [
      {
        coding: [
          {
            system: "http://terminology.hl7.org/CodeSystem/observation-category",
            code: "vital-signs",
            display: "vital-signs",
          },
        ],
      },
    ],
    code: { coding: [{ system: "http://loinc.org", code: loinc, display: name }], text: name },
    subject,
    encounter,
    effectiveDateTime: "2019-03-02T09:12:00+01:00",
    issued: "2019-03-02T09:12:00.123+01:00",
    valueQuantity: { value: 30 + draw() * 150, unit, system: "http://unitsofmeasure.org", code: unit },
  };
}
