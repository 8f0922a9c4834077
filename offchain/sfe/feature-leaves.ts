/**
 * From a JSON tree to its scalar leaves in source order, each with its path and name. The root's `resourceType` is not a
 * leaf: it says what the record is, names every feature, and so belongs to D_head.
 */

import type { FeaturePath } from "./ehr-document.ts";
import { ANY_RESOURCE, elementType, isResourceType } from "./fhir-model.ts";
import { formatErrorAt, type JsonNode, member, stringOf } from "./json-source.ts";

export interface Leaf {
  readonly node: JsonNode;
  /** Path of what holds it, shared by all that is in it; and the step from there. */
  readonly base: FeaturePath;
  readonly step: string | number;
  /** FHIRPath member access with array positions, see `stepName`. */
  readonly name: string;
  /** The object that directly holds the leaf; undefined for an element of an array. */
  readonly holder: JsonNode | undefined;
  /** What FHIR calls the holder's type. */
  readonly holderType: string | undefined;
  /** The innermost Observation or Observation.component round the leaf. */
  readonly observation: JsonNode | undefined;
}

interface Place {
  readonly path: FeaturePath;
  readonly name: string;
  readonly type: string | undefined;
  readonly observation: JsonNode | undefined;
}

/**
 * The record's resource type.
 * @throws RECORD_FORMAT not an object, no `resourceType`, or not a resource type of any release of FHIR
 */
export function resourceTypeOf(source: string, node: JsonNode): string {
  if (node.type !== "object") throw formatErrorAt(source, node.offset, "not FHIR: a resource must be a JSON object");
  const declared = member(node, "resourceType");
  if (declared === undefined) throw formatErrorAt(source, node.offset, "not FHIR: no resourceType in the object");
  const name = stringOf(source, declared);
  if (name === undefined || !isResourceType(name)) {
    throw formatErrorAt(source, declared.offset, "not FHIR (R5, R4B, R4, STU3 or DSTU2): unknown resourceType");
  }
  return name;
}

/**
 * A step of a feature's name. A member name that is no FHIRPath identifier is delimited by backticks, so that different paths
 * never have one name.
 */
function stepName(key: string): string {
  const known = stepNames.get(key);
  if (known !== undefined) return known;
  const name = writeStep(key);
  if (stepNames.size >= MAX_STEPS) stepNames.clear();
  stepNames.set(key, name);
  return name;
}

/** A record has few different member names, many times each. */
const stepNames = new Map<string, string>();
const MAX_STEPS = 10_000;

function writeStep(key: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `.${key}`;
  return `.\`${key.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;
}

/**
 * Goes through the leaves of a record in source order. None is kept: a record has half a million.
 * @param checkTypes whether every place that FHIR defines as a resource must hold one; off for a template, whose values
 *   are blanked
 * @throws RECORD_FORMAT as `resourceTypeOf`
 */
export function forEachLeaf(source: string, root: JsonNode, checkTypes: boolean, take: (leaf: Leaf) => void): void {
  function visitObject(node: JsonNode, place: Place): void {
    const isRoot = node === root;
    const type = isRoot || (checkTypes && place.type === ANY_RESOURCE) ? resourceTypeOf(source, node) : place.type;
    const observation = type === "Observation" || type === "Observation.component" ? node : place.observation;
    for (const [i, value] of (node.children ?? []).entries()) {
      const key = node.keys?.[i];
      if (key === undefined || (isRoot && key === "resourceType")) continue;
      const name = place.name + stepName(key);
      if (value.type === "object") {
        visitObject(value, { path: [...place.path, key], name, type: elementType(type, key), observation });
      } else if (value.type === "array") {
        visitArray(value, { path: [...place.path, key], name, type: elementType(type, key), observation });
      } else take({ node: value, base: place.path, step: key, name, holder: node, holderType: type, observation });
    }
  }

  function visitArray(node: JsonNode, { path, name, type, observation }: Place): void {
    for (const [i, child] of (node.children ?? []).entries()) {
      const item = child.expand?.() ?? child;
      const place = { path: [...path, i], name: `${name}[${i}]`, type, observation };
      if (item.type === "object") visitObject(item, place);
      else if (item.type === "array") visitArray(item, place);
      else {
        take({
          node: item,
          base: path,
          step: i,
          name: place.name,
          holder: undefined,
          holderType: undefined,
          observation,
        });
      }
    }
  }

  const name = resourceTypeOf(source, root);
  visitObject(root, { path: [], name, type: undefined, observation: undefined });
}
