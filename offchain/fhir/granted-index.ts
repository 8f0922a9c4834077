/** All resources that a doctor was granted, of several records, under ids that tell them apart. */
import { MedexError } from "@medexchain/core";
import { type GrantedResource, mapReferences } from "./granted-resources.ts";
import { digestOf } from "./identifiers.ts";
import { isObject, type Json, type JsonObject, type Resource, relativeUrl, stringifyResource } from "./resource.ts";

export interface IndexedRecord {
  readonly recordId: string;
  /** Whose record it is: a member id. */
  readonly owner: string;
  readonly resources: readonly GrantedResource[];
}

export interface GrantedIndex {
  /** By their types, in the order in which they came. */
  readonly types: ReadonlyMap<string, readonly Resource[]>;
  find(type: string, id: string): Resource | undefined;
}

/** Characters of an id (R4, 2.24.0.1). */
const MAX_ID = 64;
/** How many resources one index holds. */
const MAX_RESOURCES = 200_000;

/**
 * Indexes records. An id is kept where only one record has it; the same resource of two records of one owner is one; where two records have different
 * ones under an id, or are of two owners, the later one's has the beginning of its record's id before it, and what refers to it says so. A reference
 * leads to what the same owner's records have, and never to another owner's: it becomes a logical one, so that nobody is shown with another's data.
 *
 * @throws RECORD_FORMAT more than 200,000 resources
 */
export function indexGranted(records: readonly IndexedRecord[]): GrantedIndex {
  const all = new Map<string, { readonly owner: string; readonly given: string }>();
  const places = records.map((record) => placesOf(record, all));
  const ofOwners = new Map<string, Map<string, string>>();
  for (const { owner, moved } of places) {
    const known = ofOwners.get(owner) ?? new Map<string, string>();
    for (const [name, place] of moved) if (!known.has(name)) known.set(name, place);
    ofOwners.set(owner, known);
  }
  const types = new Map<string, Resource[]>();
  const found = new Map<string, Resource>();
  for (const { owner, moved, placed } of places) {
    const replace = (reference: string): string | JsonObject | undefined => {
      const [name = "", ...version] = reference.split("/_history/");
      const own = moved.get(name) ?? ofOwners.get(owner)?.get(name);
      if (own !== undefined) return [own, ...version].join("/_history/");
      return all.has(name) ? { value: reference } : undefined;
    };
    for (const { resource, place } of placed) {
      const copy = mapReferences(resource, replace) as JsonObject; // of an object
      const id = place.slice(place.indexOf("/") + 1);
      const indexed: Resource = { ...copy, resourceType: resource.resourceType, id };
      found.set(place, indexed);
      const ofType = types.get(resource.resourceType) ?? [];
      ofType.push(indexed);
      types.set(resource.resourceType, ofType);
    }
  }
  return { types, find: (type, id) => found.get(`${type}/${id}`) };
}

/** Finds a place for each resource of a record, beside those of the records before it. */
function placesOf(
  { recordId, owner, resources }: IndexedRecord,
  all: Map<string, { readonly owner: string; readonly given: string }>,
) {
  /** Where what is called so in the record is now. */
  const moved = new Map<string, string>();
  /** Those that no earlier record has. */
  const placed: { readonly resource: Resource; readonly place: string }[] = [];
  resources.forEach(({ resource: without, names }, at) => {
    const resource = withId(without, at);
    const place = relativeUrl(resource) ?? "";
    const given = stringifyResource(resource);
    const there = all.get(place);
    const isKnown = there?.owner === owner && there.given === given;
    const now = there === undefined || isKnown ? place : freePlace(recordId, resource, all);
    for (const name of [place, ...names]) if (!moved.has(name)) moved.set(name, now);
    if (isKnown) return;
    if (all.size === MAX_RESOURCES) {
      throw new MedexError(
        "RECORD_FORMAT",
        `the records have more than ${MAX_RESOURCES} resources: name fewer requests`,
      );
    }
    all.set(now, { owner, given });
    placed.push({ resource, place: now });
  });
  return { owner, moved, placed };
}

/** A place that nothing has. An id that would be too long with its record's before it, or is taken so, has a digest in its place. */
function freePlace(recordId: string, { resourceType, id }: Resource, all: ReadonlyMap<string, unknown>): string {
  const record = recordId.slice(2, 10);
  const short = `${record}-${id}`;
  if (short.length <= MAX_ID && !all.has(`${resourceType}/${short}`)) return `${resourceType}/${short}`;
  for (let count = 0; ; count++) {
    const place = `${resourceType}/${record}-${digestOf(recordId, String(id), String(count)).slice(-40)}`;
    if (!all.has(place)) return place;
  }
}

/** A resource without an id that can be used has one by its place in the record. */
const withId = (resource: Resource, at: number): Resource =>
  relativeUrl(resource) === undefined ? { ...resource, id: `resource-${at + 1}` } : resource;

/** The literal references that a resource has anywhere in it. */
export function* referencesOf(value: Json): Generator<string> {
  if (Array.isArray(value)) {
    for (const item of value) yield* referencesOf(item);
  } else if (isObject(value)) {
    for (const [name, inner] of Object.entries(value)) {
      if (name === "reference" && typeof inner === "string") yield inner;
      else yield* referencesOf(inner);
    }
  }
}
