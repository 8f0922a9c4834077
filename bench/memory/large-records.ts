/** Records as large as they may be, of the kinds that take most memory. */
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** A record, with what a person would say of it. */
export interface LargeRecord {
  /** The file's name. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Options of `medex record publish`. */
  readonly selection: readonly string[];
}

const PATIENT = {
  resourceType: "Patient",
  id: "11111111-2222-4333-8444-555555555555",
  identifier: [{ system: "https://hospital.example/mrn", value: "MRN-2718281828" }],
  name: [{ use: "official", family: "Zorblatt", given: ["Quuxine"] }],
  gender: "female",
  birthDate: "1971-04-19",
};

/** A laboratory result as patient record systems export it. Numbers and ids differ from one to the next. */
function observation(i: number): object {
  const id = `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`;
  return {
    resourceType: "Observation",
    id,
    status: "final",
    category: [
      {
        coding: [
          {
            system: "http://terminology.hl7.org/CodeSystem/observation-category",
            code: "laboratory",
            display: "laboratory",
          },
        ],
      },
    ],
    code: {
      coding: [{ system: "http://loinc.org", code: `${1000 + (i % 997)}-${i % 10}`, display: `Analyte ${i % 997}` }],
      text: `Analyte ${i % 997}`,
    },
    subject: { reference: `urn:uuid:${PATIENT.id}` },
    effectiveDateTime: new Date(Date.UTC(2010, 0, 1) + i * 3_600_000).toISOString(),
    valueQuantity: {
      value: 70 + ((i * 2_654_435_761) % 1_000_003) / 7919,
      unit: "mg/dL",
      system: "http://unitsofmeasure.org",
      code: "mg/dL",
    },
  };
}

/** A result with as little round it as a program may write: the most values that a document of this kind has in its bytes. */
function terseObservation(i: number): object {
  return {
    resourceType: "Observation",
    status: "final",
    code: { coding: [{ code: `${1000 + (i % 997)}-${i % 10}` }] },
    subject: { reference: "Patient/p1" },
    valueQuantity: { value: (i * 7919) % 1009, unit: "1" },
  };
}

/** A Bundle on one line, just below a length. */
function bundle(length: number, make: (i: number) => object): Uint8Array {
  const entries = [JSON.stringify({ fullUrl: `urn:uuid:${PATIENT.id}`, resource: PATIENT })];
  const frame = '{"resourceType":"Bundle","type":"collection","entry":[]}'.length;
  for (let total = frame + (entries[0]?.length ?? 0); ; ) {
    const entry = JSON.stringify({ resource: make(entries.length) });
    total += entry.length + 1;
    if (total > length) break;
    entries.push(entry);
  }
  return utf8ToBytes(`{"resourceType":"Bundle","type":"collection","entry":[${entries.join(",")}]}`);
}

/** A Bundle of a length at most, without white space. */
export function minifiedBundle(length: number): LargeRecord {
  return { name: "minified.json", bytes: bundle(length, observation), selection: ["--policy", "identifiers"] };
}

/** The same, of many small values. */
export function terseBundle(length: number): LargeRecord {
  return { name: "terse.json", bytes: bundle(length, terseObservation), selection: ["--policy", "identifiers"] };
}

/** Bulk data of a length at most, one resource a line. */
export function bulkData(length: number): LargeRecord {
  const lines = [`${JSON.stringify(PATIENT)}\n`];
  for (let total = lines[0]?.length ?? 0; ; ) {
    const line = `${JSON.stringify(observation(lines.length))}\n`;
    total += line.length;
    if (total > length) break;
    lines.push(line);
  }
  return { name: "bulk.ndjson", bytes: utf8ToBytes(lines.join("")), selection: ["--policy", "identifiers"] };
}

/** Bytes of a length, half of them private. */
export function image(length: number): LargeRecord {
  const bytes = new Uint8Array(length);
  for (let i = 0, state = 1; i < length; i += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return { name: "image.bin", bytes, selection: ["--private", `0-${length / 2 - 1}`] };
}
