/** All resources that a doctor was granted, of several records, under ids that tell them apart. */
import { MedexError } from "@medexchain/core";
import { type GrantedResource, mapReferences } from "./granted-resources.ts";
import { isObject, type Json, type JsonObject, type Resource, relativeUrl, stringifyResource } from "./resource.ts";

export interface IndexedRecord {
  readonly recordId: string;
  readonly resources: readonly GrantedResource[];
}

export interface GrantedIndex {
  /** By their types, in the order in which they came. */
  readonly types: ReadonlyMap<string, readonly Resource[]>;
  find(type: string, id: string): Resource | undefined;
}

/** How many resources one index holds. */
const MAX_RESOURCES = 200_000;

/**
 * Indexes records. An id is kept where only one record has it; the same resource of two records is one; where two records have different ones under an
 * id, the later one's has the beginning of its record's id before it, and what refers to it says so.
 *
 * @throws RECORD_FORMAT more than 200,000 resources
 */
export function indexGranted(records: readonly IndexedRecord[]): GrantedIndex {
  const types = new Map<string, Resource[]>();
  const all = new Map<string, Resource>();
  for (const { recordId, resources } of records) {
    const named = resources.map((given, at) => ({ ...given, resource: withId(given.resource, at) }));
    const moved = new Map<string, string>();
    for (const { resource, names } of named) {
      const place = relativeUrl(resource) ?? "";
      const there = all.get(place);
      const isOther = there !== undefined && stringifyResource(there) !== stringifyResource(resource);
      const now = isOther ? `${resource.resourceType}/${prefixed(recordId, resource)}` : place;
      for (const name of [place, ...names]) moved.set(name, now);
    }
    for (const { resource } of named) {
      const place = moved.get(relativeUrl(resource) ?? "") ?? "";
      const id = place.slice(place.indexOf("/") + 1);
      const copy = mapReferences(resource, (reference) => moved.get(reference)) as JsonObject; // of an object
      const indexed: Resource = { ...copy, resourceType: resource.resourceType, id };
      if (all.has(place)) continue;
      if (all.size === MAX_RESOURCES) {
        throw new MedexError(
          "RECORD_FORMAT",
          `the records have more than ${MAX_RESOURCES} resources: name fewer requests`,
        );
      }
      all.set(place, indexed);
      const ofType = types.get(resource.resourceType) ?? [];
      ofType.push(indexed);
      types.set(resource.resourceType, ofType);
    }
  }
  return { types, find: (type, id) => all.get(`${type}/${id}`) };
}

const prefixed = (recordId: string, { id }: Resource): string => `${recordId.slice(2, 10)}-${id}`.slice(0, 64);

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
