/** FHIR R4 JSON (a resource or a Bundle) to an EhrDocument. */

import type { EhrDocument, Feature, FeatureKind, Measure, MeasureLabel } from "./ehr-document.ts";
import { collectLeaves, featureName, type Leaf, resourceTypeOf } from "./feature-leaves.ts";
import { isQuantity } from "./fhir-model.ts";
import { headFeature } from "./head-feature.ts";
import { type JsonNode, member, parseJsonSource } from "./json-source.ts";
import { decodeUtf8 } from "./utf8.ts";

const UCUM = "http://unitsofmeasure.org";
const LOINC = "http://loinc.org";

function stringMember(object: JsonNode | undefined, name: string): JsonNode | undefined {
  const value = object && member(object, name);
  return value?.type === "string" ? value : undefined;
}

function loincCode(observation: JsonNode | undefined): JsonNode | undefined {
  const code = observation && member(observation, "code");
  const codings = code && member(code, "coding");
  const loinc = codings?.children?.find((coding) => stringMember(coding, "system")?.value === LOINC);
  return stringMember(loinc, "code");
}

/** A number that was measured: the value of a Quantity, or an Observation's integer. Other numbers are counts and sizes. */
function measureNodes(leaf: Leaf): Measure<JsonNode> | undefined {
  const { node, holder, observation } = leaf;
  if (node.type !== "number" || holder === undefined) return undefined;
  const inQuantity = isQuantity(holder.type) && holder.key === "value";
  if (!inQuantity && !(holder.key === "valueInteger" && holder.node === observation)) return undefined;
  const quantity = inQuantity ? holder.node : undefined;
  const unit = stringMember(quantity, "unit");
  const code = stringMember(quantity, "system")?.value === UCUM ? stringMember(quantity, "code") : undefined;
  const loinc = loincCode(observation);
  return { ...(unit && { unit }), ...(code && { code }), ...(loinc && { loinc }) };
}

/** A resource's text, cut. */
export interface ResourceParts {
  /** One part more than there are features. */
  readonly template: string[];
  readonly features: Feature[];
}

/**
 * Cuts the text of one FHIR R4 resource into features and what stands between them.
 * @param firstIndex the index of the first feature
 * @throws RECORD_FORMAT not JSON, or not FHIR R4; with line and column
 */
export function readResource(source: string, firstIndex: number): ResourceParts {
  const root = parseJsonSource(source);
  const resourceType = resourceTypeOf(source, root);
  const leaves = collectLeaves(source, root, true);

  const indexOfNode = new Map(leaves.map((leaf, i) => [leaf.node, firstIndex + i]));
  const label = (node: JsonNode | undefined): MeasureLabel | undefined => {
    const index = node && indexOfNode.get(node);
    return node === undefined || index === undefined ? undefined : { text: node.value, source: index };
  };

  const template: string[] = [];
  let end = 0;
  const features = leaves.map((leaf, i): Feature => {
    const { node, path } = leaf;
    template.push(source.slice(end, node.offset));
    end = node.offset + node.length;
    const nodes = measureNodes(leaf);
    const [unit, code, loinc] = [label(nodes?.unit), label(nodes?.code), label(nodes?.loinc)];
    return {
      index: firstIndex + i,
      name: featureName(resourceType, path),
      path,
      kind: node.type as FeatureKind, // a leaf is neither object, array nor property
      value: source.slice(node.offset, end),
      ...(nodes && { measure: { ...(unit && { unit }), ...(code && { code }), ...(loinc && { loinc }) } }),
    };
  });
  template.push(source.slice(end));
  return { template, features };
}

/**
 * Parses one FHIR R4 resource (a Bundle is one) in JSON. Nothing is normalised: `assemble` gives the same bytes back.
 *
 * @param bytes UTF-8 without a byte order mark
 * @returns the document with every feature public; a policy makes some private, see `splitDocument`
 * @throws RECORD_FORMAT not UTF-8, not JSON, or not FHIR R4; with line and column where there is one
 */
export function parseFhir(bytes: Uint8Array): EhrDocument {
  const { template, features } = readResource(decodeUtf8(bytes), 0);
  const head = { format: "fhir-r4+json" as const, template, features: features.map((f) => headFeature(f, new Map())) };
  return { head, features };
}
