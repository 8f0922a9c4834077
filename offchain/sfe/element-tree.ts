/**
 * A FHIR record's JSON as a tree of elements, each known by its place: two elements of one value are two. FHIR's JSON writes an
 * element in up to two members: `birthDate` has the value, `_birthDate` the id and extensions of that value.
 */

import type { FeaturePath } from "./ehr-document.ts";
import { elementType, isChoice, isTypeName } from "./fhir-model.ts";

export interface ElementNode {
  /** The JSON value; undefined where there is only the member with `_`. */
  readonly data: unknown;
  /** What stands under the same name with `_` before it. */
  readonly sibling: unknown;
  /** Where it is: member names and positions from the record's root. */
  readonly path: FeaturePath;
  /** As `elementType` gives it; undefined where no release of FHIR knows the element. */
  readonly type: string | undefined;
  readonly parent: ElementNode | undefined;
  /** The JSON member's name. */
  readonly key: string | undefined;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** FHIR JSON keeps a primitive's id and extensions beside it, under its name with `_` before: they belong to it. */
export function siblingPath(path: FeaturePath): FeaturePath {
  const last = path.findLastIndex((step) => typeof step === "string");
  return path.map((step, i) => (i === last ? `_${step}` : step));
}

/** The identity of an element. */
export function pathKey(path: FeaturePath): string {
  return JSON.stringify(path);
}

/** The record itself. */
export function rootElement(record: unknown): ElementNode {
  const type = isJsonObject(record) && typeof record.resourceType === "string" ? record.resourceType : undefined;
  return { data: record, sibling: undefined, path: [], type, parent: undefined, key: undefined };
}

/** The object that holds an element's members, and its place: a primitive's are beside it. */
function holderOf({ data, sibling, path }: ElementNode): { object: JsonObject; path: FeaturePath } | undefined {
  if (isJsonObject(data)) return { object: data, path };
  return isJsonObject(sibling) ? { object: sibling, path: siblingPath(path) } : undefined;
}

function typeOf(parent: ElementNode, key: string, data: unknown): string | undefined {
  if (isJsonObject(data) && typeof data.resourceType === "string") return data.resourceType;
  const known = elementType(parent.type, key);
  if (known !== undefined) return known;
  // A choice of a type that the element does not have in any release still says which type it is.
  for (const { index } of key.matchAll(/[A-Z]/g)) if (isTypeName(key.slice(index))) return key.slice(index);
  return undefined;
}

/** Elements under one member name: each position of an array, without positions that hold nothing. */
function* elementsOf(parent: ElementNode, object: JsonObject, base: FeaturePath, key: string): Generator<ElementNode> {
  function* visit(data: unknown, sibling: unknown, path: FeaturePath): Generator<ElementNode> {
    if (Array.isArray(data) || (data === undefined && Array.isArray(sibling))) {
      const items: readonly unknown[] = Array.isArray(data) ? data : [];
      const siblings: readonly unknown[] = Array.isArray(sibling) ? sibling : [];
      for (let i = 0; i < Math.max(items.length, siblings.length); i++)
        yield* visit(items[i], siblings[i], [...path, i]);
    } else if ((data !== undefined && data !== null) || isJsonObject(sibling)) {
      yield { data, sibling, path, type: typeOf(parent, key, data), parent, key };
    }
  }
  yield* visit(object[key], Object.hasOwn(object, `_${key}`) ? object[`_${key}`] : undefined, [...base, key]);
}

function baseName(object: JsonObject, key: string): string {
  // A member with `_` and none without is an element all the same.
  return key.startsWith("_") && key.length > 1 && !Object.hasOwn(object, key.slice(1)) ? key.slice(1) : key;
}

/**
 * Whether a JSON member is the element that a selector names. `value` is also `valueQuantity`: of every type, also of those
 * that no release allows there. Only where a release says that the name is no choice does it stand for itself alone.
 */
function isNamed(parentType: string | undefined, key: string, name: string): boolean {
  if (key === name) return true;
  if (!key.startsWith(name) || !/^[A-Z]/.test(key.slice(name.length))) return false;
  if (parentType === undefined || isChoice(parentType, name)) return true;
  // A name that no release knows there may be a choice of a release to come, unless the member is known as another element.
  return elementType(parentType, name) === undefined && elementType(parentType, key) === undefined;
}

/** The elements of a name in an element: FHIRPath's member access. */
export function* namedChildren(element: ElementNode, name: string): Generator<ElementNode> {
  const holder = holderOf(element);
  if (holder === undefined) return;
  const { object, path } = holder;
  const found = new Set<string>();
  for (const key of Object.keys(object)) {
    const named = [key, baseName(object, key)].find((candidate) => isNamed(element.type, candidate, name));
    if (named !== undefined) found.add(named);
  }
  // `_birthDate` may be asked for by itself, beside `birthDate`.
  for (const key of found) yield* elementsOf(element, object, path, key);
}

/** All elements that are directly in an element; of a primitive its id and extensions. */
export function* allChildren(element: ElementNode): Generator<ElementNode> {
  const holder = holderOf(element);
  if (holder === undefined) return;
  const { object, path } = holder;
  for (const key of Object.keys(object)) {
    if (key.startsWith("_") && Object.hasOwn(object, key.slice(1))) continue; // comes with the value
    yield* elementsOf(element, object, path, baseName(object, key));
  }
}

/** All elements below an element. */
export function* allDescendants(element: ElementNode): Generator<ElementNode> {
  for (const child of allChildren(element)) {
    yield child;
    yield* allDescendants(child);
  }
}
