/** Searches over what was granted: `_id`, `patient`, `code`, `date`, for the types that have them in R4. What is asked for besides is refused. */
import { MedexError } from "@medexchain/core";
import { type Interval, intervalOf, matchesDate, parseDateQuery } from "./dates.ts";
import { type GrantedIndex, referencesOf } from "./granted-index.ts";
import { isObject, type Json, type Resource, relativeUrl } from "./resource.ts";

/** Where a type has what a parameter looks at. `patient` is the same everywhere. */
interface Searchable {
  readonly code?: readonly string[];
  readonly date?: readonly string[];
}

/** R4's own search parameters of these types (R4, 3.1.1.7, "SearchParameter registry"). */
export const SEARCHABLE: Readonly<Record<string, Searchable>> = {
  AllergyIntolerance: { code: ["code"], date: ["recordedDate"] },
  CarePlan: { date: ["period"] },
  CareTeam: { date: ["period"] },
  ClinicalImpression: { date: ["effectiveDateTime", "effectivePeriod"] },
  Composition: { date: ["date"] },
  Condition: { code: ["code"] },
  Consent: { date: ["dateTime"] },
  DiagnosticReport: { code: ["code"], date: ["effectiveDateTime", "effectivePeriod"] },
  DocumentReference: { date: ["date"] },
  Encounter: { date: ["period"] },
  FamilyMemberHistory: { code: ["code"], date: ["date"] },
  Immunization: { date: ["occurrenceDateTime"] },
  List: { code: ["code"], date: ["date"] },
  MedicationRequest: { code: ["medicationCodeableConcept"] },
  MedicationStatement: { code: ["medicationCodeableConcept"] },
  Observation: { code: ["code"], date: ["effectiveDateTime", "effectivePeriod", "effectiveInstant"] },
  Procedure: { code: ["code"], date: ["performedDateTime", "performedPeriod"] },
  ServiceRequest: { code: ["code"] },
};

/** Elements that say whose a resource is. */
const SUBJECTS = ["subject", "patient", "beneficiary"] as const;

/** The parameters that a type has. */
export function parametersOf(type: string): readonly ("_id" | "patient" | "code" | "date")[] {
  const { code, date } = SEARCHABLE[type] ?? {};
  const of = type === "Patient" ? [] : (["patient"] as const);
  return ["_id", ...of, ...(code ? (["code"] as const) : []), ...(date ? (["date"] as const) : [])];
}

/**
 * Finds resources. A parameter that is given twice must hold both times; values with commas between them, one of them.
 *
 * @throws INPUT_INVALID for a parameter that the type does not have here, or a value that is none
 */
export function search(
  index: GrantedIndex,
  type: string,
  parameters: readonly (readonly [string, string])[],
): Resource[] {
  const known: readonly string[] = parametersOf(type);
  const tests = parameters.map(([name, value]) => {
    if (!known.includes(name)) {
      throw new MedexError("INPUT_INVALID", `${type} is searched here by ${known.join(", ")}, and not by ${name}`);
    }
    const any = value.split(",").map((one) => testOf(type, name, one));
    return (resource: Resource) => any.some((test) => test(resource));
  });
  return (index.types.get(type) ?? []).filter((resource) => tests.every((test) => test(resource)));
}

/** A patient, and everything that is the patient's, with what that refers to; no other patient. Undefined where there is no such patient. */
export function everythingOf(index: GrantedIndex, id: string): Resource[] | undefined {
  const patient = index.find("Patient", id);
  if (patient === undefined) return undefined;
  const found = new Set([patient]);
  for (const resources of index.types.values()) {
    for (const resource of resources) if (isOf(resource, `Patient/${id}`)) found.add(resource);
  }
  for (const resource of found) {
    // The set grows while it is walked: what is referred to refers to more.
    for (const reference of referencesOf(resource)) {
      const [type = "", target = ""] = reference.split("/");
      const referred = type === "Patient" ? undefined : index.find(type, target);
      if (referred !== undefined && isNobodyElses(referred, `Patient/${id}`)) found.add(referred);
    }
  }
  return [...found];
}

type Test = (resource: Resource) => boolean;

function testOf(type: string, name: string, value: string): Test {
  if (name === "_id") return ({ id }) => id === value;
  if (name === "patient") {
    const reference = value.startsWith("Patient/") ? value : `Patient/${value}`;
    return (resource) => isOf(resource, reference);
  }
  if (name === "code") return codeTest(SEARCHABLE[type]?.code ?? [], value);
  return dateTest(SEARCHABLE[type]?.date ?? [], value);
}

const subjectsOf = (resource: Resource): Json[] =>
  SUBJECTS.flatMap((name) => {
    const subject = resource[name];
    return isObject(subject) && subject.reference !== undefined ? [subject.reference] : [];
  });

const isOf = (resource: Resource, patient: string): boolean => subjectsOf(resource).includes(patient);

const isNobodyElses = (resource: Resource, patient: string): boolean =>
  subjectsOf(resource).every((subject) => subject === patient || !String(subject).startsWith("Patient/"));

/** A token (R4, 3.1.1.4.10): `code`, `system|code`, `|code` without a system, or `system|`. */
function codeTest(elements: readonly string[], value: string): Test {
  const at = value.indexOf("|");
  const [system, code] = at < 0 ? [undefined, value] : [value.slice(0, at), value.slice(at + 1)];
  return (resource) =>
    elements.some((element) => {
      const concept = resource[element];
      const codings = isObject(concept) && Array.isArray(concept.coding) ? concept.coding.filter(isObject) : [];
      return codings.some(
        (coding) => (code === "" || coding.code === code) && (system === undefined || (coding.system ?? "") === system),
      );
    });
}

function dateTest(elements: readonly string[], value: string): Test {
  const query = parseDateQuery(value);
  if (query === undefined) {
    throw new MedexError("INPUT_INVALID", `${JSON.stringify(value)} is no date of a search, such as ge2024-01-31`);
  }
  return (resource) =>
    elements.some((element) => {
      const interval = intervalOfElement(resource[element]);
      return interval !== undefined && matchesDate(interval, query.prefix, query.interval);
    });
}

/** Of a date, or of a Period, which may be open at either end. */
function intervalOfElement(value: Json | undefined): Interval | undefined {
  if (typeof value === "string") return intervalOf(value);
  if (!isObject(value)) return undefined;
  const start = typeof value.start === "string" ? intervalOf(value.start)?.[0] : Number.NEGATIVE_INFINITY;
  const end = typeof value.end === "string" ? intervalOf(value.end)?.[1] : Number.POSITIVE_INFINITY;
  return start === undefined || end === undefined || relativeIsEmpty(value) ? undefined : [start, end];
}

const relativeIsEmpty = ({ start, end }: { start?: Json; end?: Json }): boolean =>
  start === undefined && end === undefined;

/** A searchset's page of these resources. */
export function searchset(
  resources: readonly Resource[],
  total: number,
  base: string,
  links: Readonly<Record<string, string>>,
): Resource {
  return {
    resourceType: "Bundle",
    type: "searchset",
    total,
    link: Object.entries(links).map(([relation, url]) => ({ relation, url })),
    entry: resources.map((resource) => ({
      fullUrl: `${base}/${relativeUrl(resource)}`,
      resource,
      search: { mode: "match" },
    })),
  } as unknown as Resource; // `total` is a number, which is written as one
}
