/** A record of vital signs over time, as long as it is wanted. */
const SIGNS = [
  {
    code: "8867-4",
    display: "Heart rate",
    unit: "beats/minute",
    ucum: "/min",
    base: 62,
    swing: 30,
    low: 60,
    high: 100,
  },
  {
    code: "8480-6",
    display: "Systolic blood pressure",
    unit: "mmHg",
    ucum: "mm[Hg]",
    base: 112,
    swing: 36,
    low: 90,
    high: 140,
  },
] as const;
const HOUR_MS = 3_600_000;

/** A file of FHIR R4 for a page to be given. @param count of observations */
export function vitalSigns(count: number) {
  const patient = { resourceType: "Patient", id: "p", name: [{ family: "Ravensworth", given: ["Ida"] }] };
  const observations = Array.from({ length: count }, (_, at) => {
    const { code, display, unit, ucum, base, swing, low, high } = SIGNS[at % SIGNS.length] ?? SIGNS[0];
    const value = base + Math.round(swing * (0.5 + 0.5 * Math.sin(at * 0.7)));
    return {
      resourceType: "Observation",
      id: `o${at}`,
      status: "final",
      code: { coding: [{ system: "http://loinc.org", code, display }] },
      effectiveDateTime: new Date(Date.UTC(2026, 0, 1) + at * HOUR_MS).toISOString(),
      valueQuantity: { value, unit, system: "http://unitsofmeasure.org", code: ucum },
      referenceRange: [{ low: { value: low }, high: { value: high } }],
    };
  });
  const entry = [patient, ...observations].map((resource) => ({ resource }));
  const buffer = Buffer.from(JSON.stringify({ resourceType: "Bundle", type: "collection", entry }));
  return { name: "vital-signs.json", mimeType: "application/json", buffer };
}
