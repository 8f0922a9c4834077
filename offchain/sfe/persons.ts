/** Whom the references in a FHIR record point at, as far as the record tells. */

import { isJsonObject, type JsonObject } from "./element-tree.ts";

/** Resources that are a person, or a role that one has. */
const PERSONS = new Set(["Patient", "Person", "RelatedPerson", "Practitioner", "PractitionerRole"]);
/** A literal reference: `Patient/1`, `https://a.example/fhir/Patient/1/_history/2`, `Patient?identifier=…`. */
const PERSON_URL = /(?:^|[/\s"'(])(?:Patient|Person|RelatedPerson|Practitioner|PractitionerRole)[/?]/;

export function isPerson(resourceType: unknown): boolean {
  return typeof resourceType === "string" && PERSONS.has(resourceType);
}

/** The record's own resources, by what points at them. */
export interface Targets {
  /** Whether the text is an id or address of a person in the record, or has the form of a person's address. */
  pointsAtPerson(text: string): boolean;
  /** Whether a reference is to a resource in the record that is no person. */
  isHarmless(reference: string): boolean;
}

function* resources(value: unknown, fullUrl: unknown): Generator<{ resource: JsonObject; fullUrl: unknown }> {
  if (Array.isArray(value)) {
    for (const item of value) yield* resources(item, undefined);
    return;
  }
  if (!isJsonObject(value)) return;
  if (typeof value.resourceType === "string") yield { resource: value, fullUrl };
  for (const [key, child] of Object.entries(value)) {
    if (typeof child === "object") yield* resources(child, key === "resource" ? value.fullUrl : undefined);
  }
}

/** Shorter ones are everywhere. */
const MIN_NUMBER_LENGTH = 4;

/** What a resource is numbered by: a single Identifier in some resources, several in most. */
function numbersOf({ identifier }: JsonObject): string[] {
  const identifiers: readonly unknown[] = Array.isArray(identifier) ? identifier : [identifier];
  return identifiers.flatMap((item) => {
    const value = isJsonObject(item) ? item.value : undefined;
    return typeof value === "string" && value.length >= MIN_NUMBER_LENGTH ? [value] : [];
  });
}

/** Finds the resources of a record, at any depth. */
export function findTargets(record: unknown): Targets {
  const persons = new Set<string>();
  const others = new Set<string>();
  const all = [...resources(record, undefined)];
  const numbers = new Set(all.flatMap(({ resource }) => numbersOf(resource)));
  for (const { resource, fullUrl } of all) {
    const { resourceType, id } = resource;
    // A resource that is kept under somebody's number (a claim's, an account's) is told by it: its address is private too.
    const last = String(fullUrl).split(/[/:]/).at(-1) ?? "";
    const isNumbered =
      numbers.has(String(id)) || numbers.has(last) || numbersOf(resource).some((n) => String(id).includes(n));
    const isPrivate = isPerson(resourceType) || isNumbered;
    const names = [
      fullUrl,
      ...(typeof id === "string" ? [`#${id}`, `${String(resourceType)}/${id}`, `urn:uuid:${id}`] : []),
    ];
    for (const name of names) {
      if (typeof name === "string") (isPrivate ? persons : others).add(name);
    }
    if (isPrivate && typeof id === "string") persons.add(id);
  }
  return {
    pointsAtPerson: (text) => persons.has(text) || PERSON_URL.test(text),
    isHarmless: (reference) => others.has(reference) && !persons.has(reference) && !PERSON_URL.test(reference),
  };
}
