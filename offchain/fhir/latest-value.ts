/**
 * The value of a code in a person's own resources: of a LOINC code the latest Observation's, by its effective time, or a component's; age and sex are the
 * Patient's. FHIR R4; what is read here is the same in STU3, R4B and R5. Where it cannot be told which value is meant there is none, with the reason:
 * no older value is taken instead of the latest, and no unit is converted.
 */

import { displayText } from "@medexchain/core";
import { intervalOf } from "./dates.ts";
import { isObject, isRawNumber, type Json, type Resource, relativeUrl } from "./resource.ts";

const LOINC = "http://loinc.org";
const UCUM = "http://unitsofmeasure.org";
const GENDER = "http://hl7.org/fhir/administrative-gender";
/** "Age": in whole years of the Patient's `birthDate`, where the unit is `a`. */
const AGE = "30525-0";
/** "Sex": the Patient's `gender`, where the codes are FHIR's own. */
const SEX = "46098-0";

/** Statuses of what was measured and stands (R4, Observation.status). */
const STANDING = new Set(["final", "amended", "corrected"]);
const ERRONEOUS = "entered-in-error";
/** Characters of a record's own text in a reason. */
const MAX_QUOTED = 40;
const DAY_MS = 86_400_000;

/** What is asked for: a number in a UCUM unit, or one of a system's codes. */
export type AskedValue =
  | { readonly code: string; readonly unit: string }
  | { readonly code: string; readonly system: string; readonly codes: readonly string[] };

/** A resource of one record. */
export interface SourceResource {
  readonly resource: Resource;
  /** The record's id. */
  readonly record: string;
}

export interface FoundValue {
  /** Decimal text as it is written in the record, or a code. */
  readonly value: string;
  /** When it was so, as the record writes it; of an age the day for which it was computed. */
  readonly date: string | undefined;
  readonly record: string;
  /** `Observation/7`, or the type alone where it has no id. */
  readonly resource: string;
}

/** Why there is no value, in words for the person. Never with a value in it. */
export interface NoValue {
  readonly reason: string;
}

interface Candidate {
  /** What has the value: the Observation, or a component of it. */
  readonly part: Json;
  readonly from: number;
  readonly issued: number;
  readonly date: string;
  readonly source: SourceResource;
}

const field = (value: Json | undefined, name: string): Json | undefined =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
const textOf = (value: Json | undefined, name: string): string | undefined => {
  const text = field(value, name);
  return typeof text === "string" ? text : undefined;
};
const elements = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

const codings = (concept: Json | undefined): readonly Json[] => elements(field(concept, "coding"));
const hasCode = (part: Json, code: string): boolean =>
  codings(field(part, "code")).some((each) => textOf(each, "system") === LOINC && textOf(each, "code") === code);

/** Whether it is of the Patient itself that a value is taken. */
export function isOfPatient(asked: AskedValue): boolean {
  return "unit" in asked ? asked.code === AGE && asked.unit === "a" : asked.code === SEX && asked.system === GENDER;
}

/** Whether a resource can have one of the values: for keeping few of many in memory. */
export function mayHaveValue(resource: Resource, asked: readonly AskedValue[]): boolean {
  if (resource.resourceType === "Patient") return true;
  if (resource.resourceType !== "Observation") return false;
  const parts = [resource, ...elements(resource.component)];
  return parts.some((part) => asked.some(({ code }) => hasCode(part, code)));
}

/** Itself and its components, where they have the code. */
function partsWith(resource: Resource, code: string): readonly Json[] {
  return [resource, ...elements(resource.component)].filter((part) => hasCode(part, code));
}

/** The end of a reference, relative, absolute or of a version: what it is of, and its id. */
const REFERENCE = /(?:^|\/)([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/]*)?$/;

/** What an Observation says it is of; what cannot be told, as of a `urn:uuid:`, is undefined. */
function subjectOf({ subject }: Resource): { readonly type: string | undefined; readonly id: string | undefined } {
  const [, type, id] = REFERENCE.exec(textOf(subject, "reference") ?? "") ?? [];
  return { type: type ?? textOf(subject, "type"), id };
}

/** The id of the Patient whose Observation it is; undefined where it names none. */
export function subjectPatientId(observation: Resource): string | undefined {
  const { type, id } = subjectOf(observation);
  return type === "Patient" ? id : undefined;
}

/** Whether it is of a person, or does not say: else of a group, a device or a place (R4, Observation.subject). */
const isOfPerson = (observation: Resource): boolean => (subjectOf(observation).type ?? "Patient") === "Patient";

/** `Observation/7`, or the type alone. */
const nameOf = (resource: Resource): string => relativeUrl(resource) ?? resource.resourceType;

function effectiveOf(resource: Resource): string | undefined {
  const { effectivePeriod } = resource;
  return (
    textOf(resource, "effectiveDateTime") ??
    textOf(resource, "effectiveInstant") ??
    textOf(effectivePeriod, "start") ??
    textOf(effectivePeriod, "end")
  );
}

/** Observations of the person with the code, that stand and say when. */
function candidatesOf(code: string, sources: readonly SourceResource[]): { all: Candidate[]; left: Set<string> } {
  const left = new Set<string>();
  const all = sources.flatMap((source): Candidate[] => {
    const { resource } = source;
    if (resource.resourceType !== "Observation") return [];
    const parts = partsWith(resource, code);
    if (parts.length === 0) return [];
    const status = textOf(resource, "status") ?? "unknown";
    if (!STANDING.has(status)) {
      left.add(`its status is ${displayText(status, MAX_QUOTED)}`);
      return [];
    }
    // With a focus it is of somebody or something else (R4, Observation.focus); a modifier that is not known may turn the meaning round (2.4.1).
    const isModified = [resource, ...parts].some((part) => field(part, "modifierExtension") !== undefined);
    if (resource.focus !== undefined || !isOfPerson(resource) || isModified) {
      left.add("it may be of somebody else, or be meant otherwise");
      return [];
    }
    const date = effectiveOf(resource);
    const interval = date === undefined ? undefined : intervalOf(date);
    if (date === undefined || interval === undefined) {
      left.add("it does not say when");
      return [];
    }
    const issued = intervalOf(textOf(resource, "issued") ?? "")?.[0] ?? Number.NEGATIVE_INFINITY;
    return parts.map((part) => ({ part, from: interval[0], issued, date, source }));
  });
  return { all, left };
}

/** UCUM: what stands in braces says nothing of the unit (§6), so `{beats}/min` is `/min`, and `{score}` is `1`. */
const plainUnit = (unit: string): string => unit.replaceAll(/\{[^{}]*\}/g, "") || "1";

const none = (reason: string): NoValue => ({ reason });

function quantityOf(part: Json, unit: string): string | NoValue {
  const whole = field(part, "valueInteger");
  if (isRawNumber(whole) && plainUnit(unit) === "1") return whole.rawJSON;
  const quantity = field(part, "valueQuantity");
  const value = field(quantity, "value");
  if (!isRawNumber(value)) return none("the latest has no number");
  if (field(quantity, "comparator") !== undefined) return none("the latest says only above or below what it is");
  const written = textOf(quantity, "code");
  if (textOf(quantity, "system") !== UCUM || written === undefined) return none("the latest has no UCUM unit");
  if (plainUnit(written) !== plainUnit(unit)) {
    return none(
      `the latest is in ${displayText(written, MAX_QUOTED)}, and ${unit} is asked for; units are not converted`,
    );
  }
  return value.rawJSON;
}

function codeOf(part: Json, { system, codes }: Extract<AskedValue, { codes: unknown }>): string | NoValue {
  const given = codings(field(part, "valueCodeableConcept"))
    .filter((coding) => textOf(coding, "system") === system)
    .map((coding) => textOf(coding, "code"));
  const known = [...new Set(given)].filter((code) => code !== undefined && codes.includes(code));
  const [code] = known;
  if (code === undefined) return none("the latest has none of the codes that are asked for");
  return known.length > 1 ? none("the latest has several of the codes that are asked for") : code;
}

const valueIn = (part: Json, asked: AskedValue): string | NoValue =>
  "unit" in asked ? quantityOf(part, asked.unit) : codeOf(part, asked);

/** Whether another record says of the same Observation that it was never true. */
function isRetracted({ source: { resource } }: Candidate, sources: readonly SourceResource[]): boolean {
  const name = relativeUrl(resource);
  if (name === undefined) return false;
  return sources.some(({ resource: other }) => other.status === ERRONEOUS && relativeUrl(other) === name);
}

function observed(asked: AskedValue, sources: readonly SourceResource[], today: string): FoundValue | NoValue {
  const { all, left } = candidatesOf(asked.code, sources);
  const [latest, ...rest] = all.toSorted((a, b) => b.from - a.from || b.issued - a.issued);
  if (latest === undefined) {
    const why = left.size === 0 ? "" : `; there is one with that code, but ${[...left].join(", or ")}`;
    return none(`no Observation of LOINC ${asked.code} is in the records${why}`);
  }
  // The day after today is somewhere today already.
  if (latest.from >= Date.parse(today) + 2 * DAY_MS) return none("the latest has a date that is yet to come");
  if (isRetracted(latest, sources)) return none("the latest was entered in error, as another of the records says");
  const value = valueIn(latest.part, asked);
  if (typeof value !== "string") return value;
  const isRival = ({ from, issued, part }: Candidate): boolean =>
    from === latest.from && issued === latest.issued && valueIn(part, asked) !== value;
  if (rest.some(isRival)) return none("there are several of the same time, which differ");
  const { date, source } = latest;
  return { value, date, record: source.record, resource: nameOf(source.resource) };
}

/** Completed years from a whole date to a day, both by the calendar. */
function yearsBetween(birth: string, day: string): number {
  const years = Number(day.slice(0, 4)) - Number(birth.slice(0, 4));
  return day.slice(5) < birth.slice(5) ? years - 1 : years;
}

function ofPatient(asked: AskedValue, sources: readonly SourceResource[], today: string): FoundValue | NoValue {
  const name = "unit" in asked ? "birthDate" : "gender";
  const found = sources.flatMap(({ resource, record }) => {
    const given = resource.resourceType === "Patient" ? textOf(resource, name) : undefined;
    return given === undefined ? [] : [{ given, record, resource: nameOf(resource) }];
  });
  const [first] = found;
  if (first === undefined) return none(`no Patient with a ${name} is in the records`);
  if (found.some(({ given }) => given !== first.given)) return none(`the records' Patients differ in their ${name}`);
  const { given, ...where } = first;
  if (!("unit" in asked)) {
    return asked.codes.includes(given)
      ? { value: given, date: undefined, ...where }
      : none("the Patient's gender is none of the codes that are asked for");
  }
  if (!/^\d{4}-\d\d-\d\d$/.test(given) || intervalOf(given) === undefined) {
    return none("the Patient's birthDate is no whole date");
  }
  const years = yearsBetween(given, today);
  return years < 0 ? none("the Patient's birthDate is yet to come") : { value: String(years), date: today, ...where };
}

/**
 * Finds a value in a person's resources.
 *
 * @param sources of records of that person alone
 * @param today `YYYY-MM-DD`, for which an age is computed
 */
export function latestValue(
  asked: AskedValue,
  sources: readonly SourceResource[],
  today: string,
): FoundValue | NoValue {
  return isOfPatient(asked) ? ofPatient(asked, sources, today) : observed(asked, sources, today);
}
