/** The policy word `identifiers`: what in a FHIR record says who the patient is. */

import type { FeaturePath } from "./ehr-document.ts";
import { ANY_RESOURCE, elementType } from "./fhir-model.ts";

/** The word. It is no path that any R4 resource has. */
export const IDENTIFIERS = "identifiers";

/**
 * Elements of Patient that identify, after the list of the HIPAA Privacy Rule's safe harbour (45 CFR 164.514(b)(2)): names,
 * places, dates of birth and death, contact data, numbers, photographs, and whatever an extension may add to them. Not among
 * them: gender, marital status, language, care providers.
 */
const PATIENT_ELEMENTS = [
  ...["id", "implicitRules", "text", "extension", "modifierExtension", "identifier", "name", "telecom", "birthDate"],
  ...["deceasedBoolean", "deceasedDateTime", "address", "multipleBirthBoolean", "multipleBirthInteger", "photo"],
  ...["contact", "link"],
];
/** Elements of other resources that refer to the patient, by R4's naming. */
const PATIENT_ROLES = new Set(["subject", "patient", "beneficiary", "for"]);

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPatient(value: unknown): value is JsonObject {
  return isObject(value) && value.resourceType === "Patient";
}

/** All values of a tree that pass a test. */
function* find(value: unknown, passes: (object: JsonObject) => boolean): Generator<JsonObject> {
  if (isObject(value) && passes(value)) yield value;
  if (typeof value === "object" && value !== null) for (const child of Object.values(value)) yield* find(child, passes);
}

/** What references to the record's own patients look like: full URLs of their entries, and ids of contained ones. */
function patientUrls(record: unknown): Set<unknown> {
  const urls = new Set<unknown>();
  for (const { fullUrl } of find(record, ({ resource }) => isPatient(resource))) urls.add(fullUrl);
  for (const { id } of find(record, isPatient)) urls.add(`#${id}`);
  urls.delete(undefined);
  return urls;
}

/**
 * Paths of the elements that identify a patient: of each Patient (the record itself, an entry of a Bundle, contained) the
 * elements above and its entry's full URL; of any other resource its references to a patient, with display and identifier, and
 * its narrative, which is mostly generated from both. Free text elsewhere (notes, comments) is not looked into.
 *
 * @param record a resource, as parsed JSON
 */
export function identifierPaths(record: unknown): FeaturePath[] {
  const urls = patientUrls(record);
  const paths: FeaturePath[] = [];

  function refersToPatient(reference: JsonObject, key: string | undefined): boolean {
    if (typeof reference.reference === "string") {
      return (
        urls.has(reference.reference) || /(^|\/)Patient\//.test(reference.reference) || reference.type === "Patient"
      );
    }
    // A logical reference: by identifier or display alone.
    return reference.type === "Patient" || (reference.type === undefined && PATIENT_ROLES.has(key ?? ""));
  }

  function visit(value: unknown, path: FeaturePath, type: string | undefined, key: string | undefined): void {
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) visit(item, [...path, i], type, key);
      return;
    }
    if (!isObject(value)) return;
    const isResource = path.length === 0 || type === ANY_RESOURCE;
    const own = isResource && typeof value.resourceType === "string" ? value.resourceType : type;
    if (own === "Reference" && refersToPatient(value, key)) {
      paths.push(path);
      return;
    }
    const chosen = new Set<string>();
    if (isResource && "text" in value && elementType(own, "text") === "Narrative") chosen.add("text");
    if (own === "Patient") for (const element of PATIENT_ELEMENTS) chosen.add(element);
    if (isPatient(value.resource)) chosen.add("fullUrl");
    for (const [name, child] of Object.entries(value)) {
      if (chosen.has(name) || (name.startsWith("_") && chosen.has(name.slice(1)))) paths.push([...path, name]);
      else visit(child, [...path, name], elementType(own, name), name);
    }
  }

  visit(record, [], undefined, undefined);
  return paths;
}
