/** The resources of a record that was granted, as a server or a viewer can take them. */
import { MedexError } from "@medexchain/core";
import { isObject, isResource, type Json, type JsonObject, parseJson, type Resource, relativeUrl } from "./resource.ts";

/** A resource, and by which names others of its record refer to it. */
export interface GrantedResource {
  readonly resource: Resource;
  readonly names: readonly string[];
}

/** Security label of a resource of which a part was withheld (R4, "Core Security Labels", 6.1.1.4). */
const SUBSETTED = {
  system: "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
  code: "SUBSETTED",
  display: "subsetted",
};

/**
 * Reads a record's document, FHIR in JSON or NDJSON. What the owner withheld is JSON's `null` there, which FHIR has no place for: it is left out,
 * and its resource marked as `SUBSETTED`.
 *
 * @throws RECORD_FORMAT when it is no FHIR
 */
export function readGranted(document: Uint8Array): GrantedResource[] {
  const text = new TextDecoder().decode(document);
  const values = isOneDocument(text)
    ? [parseJson(text, "the record")]
    : text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => parseJson(line, "a line of the record"));
  return values.flatMap((value) => {
    if (!isResource(value))
      throw new MedexError("RECORD_FORMAT", "the record is not FHIR: it has something that is no resource");
    if (value.resourceType !== "Bundle") return [granted(value, undefined)];
    const entries = Array.isArray(value.entry) ? value.entry.filter(isObject) : [];
    return entries.flatMap(({ resource, fullUrl }) => (isResource(resource) ? [granted(resource, fullUrl)] : []));
  });
}

/** A document, of one line or many; else each line is one. */
function isOneDocument(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function granted(given: Resource, fullUrl: Json | undefined): GrantedResource {
  const names = [relativeUrl(given), fullUrl].filter((name) => typeof name === "string");
  const { value, blanks } = withoutBlanks(given);
  const resource = value as Resource; // its type was a string, which stays
  return { resource: blanks ? marked(resource) : resource, names };
}

function marked(resource: Resource): Resource {
  const meta = isObject(resource.meta) ? resource.meta : {};
  const security = Array.isArray(meta.security) ? meta.security : [];
  return { ...resource, meta: { ...meta, security: [...security, SUBSETTED] } };
}

/** A value without `null`, and without what is empty for lack of it. In a list beside its `_list`, which has as many, a `null` is FHIR's own. */
function withoutBlanks(value: Json): { readonly value: Json | undefined; readonly blanks: boolean } {
  if (value === null) return { value: undefined, blanks: true };
  if (Array.isArray(value)) {
    const inner = value.map(withoutBlanks);
    const kept = inner.flatMap((item) => (item.value === undefined ? [] : [item.value]));
    return { value: kept.length > 0 ? kept : undefined, blanks: inner.some(({ blanks }) => blanks) };
  }
  if (!isObject(value)) return { value, blanks: false };
  let blanks = false;
  const kept: JsonObject = {};
  for (const [name, given] of Object.entries(value)) {
    const companion = name.startsWith("_") ? name.slice(1) : `_${name}`;
    if (Array.isArray(given) && Array.isArray(value[companion])) {
      kept[name] = given;
      continue;
    }
    const inner = withoutBlanks(given);
    blanks ||= inner.blanks;
    if (inner.value !== undefined) kept[name] = inner.value;
  }
  return { value: Object.keys(kept).length > 0 ? kept : undefined, blanks };
}

/**
 * A copy whose literal references are replaced.
 *
 * @param replace gives another reference, a logical one, or undefined to leave it
 */
export function mapReferences(value: Json, replace: (reference: string) => string | JsonObject | undefined): Json {
  if (Array.isArray(value)) return value.map((item) => mapReferences(item, replace));
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const [name, inner] of Object.entries(value)) {
    if (name !== "reference" || typeof inner !== "string") {
      copy[name] = mapReferences(inner, replace);
      continue;
    }
    const instead = replace(inner);
    if (typeof instead === "string" || instead === undefined) copy.reference = instead ?? inner;
    else copy.identifier ??= instead;
  }
  return copy;
}
