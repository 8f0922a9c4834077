/**
 * From a JSON tree to its scalar leaves in source order, each with its path and name. The root's `resourceType` is not a
 * leaf: it says what the record is, names every feature, and so belongs to D_head.
 */

import type { FeaturePath } from "./ehr-document.ts";
import { ANY_RESOURCE, elementType, isResourceType } from "./fhir-model.ts";
import { formatErrorAt, type JsonNode, member } from "./json-source.ts";

export interface Leaf {
  readonly node: JsonNode;
  readonly path: FeaturePath;
  /** The object that directly holds the leaf, and what FHIR calls its type; absent for an element of an array. */
  readonly holder?: { readonly node: JsonNode; readonly type: string | undefined; readonly key: string };
  /** The innermost Observation or Observation.component round the leaf. */
  readonly observation?: JsonNode;
}

interface Place {
  readonly path: FeaturePath;
  readonly type: string | undefined;
  readonly observation: JsonNode | undefined;
}

/**
 * The record's resource type.
 * @throws RECORD_FORMAT not an object, no `resourceType`, or not a resource type of FHIR R4
 */
export function resourceTypeOf(source: string, node: JsonNode): string {
  if (node.type !== "object") throw formatErrorAt(source, node.offset, "not FHIR: a resource must be a JSON object");
  const declared = member(node, "resourceType");
  if (declared === undefined) throw formatErrorAt(source, node.offset, "not FHIR: no resourceType in the object");
  if (declared.type !== "string" || !isResourceType(declared.value)) {
    throw formatErrorAt(source, declared.offset, "not FHIR R4: unknown resourceType");
  }
  return declared.value;
}

/**
 * The leaves of a record.
 * @param checkTypes whether every place that FHIR defines as a resource must hold one; off for a template, whose values
 *   are blanked
 * @throws RECORD_FORMAT as `resourceTypeOf`
 */
export function collectLeaves(source: string, root: JsonNode, checkTypes: boolean): Leaf[] {
  const leaves: Leaf[] = [];

  function visitObject(node: JsonNode, place: Place): void {
    const isRoot = node === root;
    const type = isRoot || (checkTypes && place.type === ANY_RESOURCE) ? resourceTypeOf(source, node) : place.type;
    const observation = type === "Observation" || type === "Observation.component" ? node : place.observation;
    for (const { children } of node.children ?? []) {
      const [key, value] = children ?? [];
      if (key === undefined || value === undefined || (isRoot && key.value === "resourceType")) continue;
      const path = [...place.path, key.value];
      if (value.type === "object" || value.type === "array") {
        visit(value, { path, type: elementType(type, key.value), observation });
      } else {
        leaves.push({ node: value, path, holder: { node, type, key: key.value }, ...(observation && { observation }) });
      }
    }
  }

  function visit(node: JsonNode, place: Place): void {
    if (node.type === "object") visitObject(node, place);
    else if (node.type === "array") {
      for (const [i, item] of (node.children ?? []).entries()) visit(item, { ...place, path: [...place.path, i] });
    } else leaves.push({ node, path: place.path, ...(place.observation && { observation: place.observation }) });
  }

  resourceTypeOf(source, root);
  visit(root, { path: [], type: undefined, observation: undefined });
  return leaves;
}

/**
 * A feature's name: FHIRPath member access with array positions. A member name that is no FHIRPath identifier is delimited
 * by backticks, so that different paths never have one name.
 */
export function featureName(resourceType: string, path: FeaturePath): string {
  let name = resourceType;
  for (const step of path) {
    if (typeof step === "number") name += `[${step}]`;
    else if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(step)) name += `.${step}`;
    else name += `.\`${step.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;
  }
  return name;
}
