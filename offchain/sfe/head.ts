/**
 * D_head as bytes: DAG-CBOR. Names are not stored: the template holds every member name already, so they are read from it.
 * The bytes are not secret from whoever may read the record's public part; the caller puts them in an AEAD box.
 */

import { decode, encode } from "@ipld/dag-cbor";
import { z } from "zod";
import { MedexError } from "../errors.ts";
import { type Feature, type Head, type HeadFeature, RECORD_FORMATS } from "./ehr-document.ts";
import { collectLeaves, featureName, resourceTypeOf } from "./feature-leaves.ts";
import { parseJsonSource } from "./json-source.ts";

const bytes32 = z.custom<Uint8Array>((value) => value instanceof Uint8Array).refine((bytes) => bytes.length === 32);
const measure = z.strictObject({
  unit: z.string().exactOptional(),
  code: z.string().exactOptional(),
  loinc: z.string().exactOptional(),
});
const headFile = z.strictObject({
  version: z.literal(1),
  format: z.enum(RECORD_FORMATS),
  template: z.array(z.string()).min(1),
  commitments: z.array(z.tuple([z.int().nonnegative(), bytes32])),
  measures: z.array(z.tuple([z.int().nonnegative(), measure])),
});

/** What D_head keeps of a feature, given the commitments of the private features by index. */
export function headFeature(feature: Feature, commitments: ReadonlyMap<number, Uint8Array>): HeadFeature {
  const commitment = commitments.get(feature.index);
  const isPublic = ([, label]: [string, { source: number }]): boolean => !commitments.has(label.source);
  const labels = Object.entries(feature.measure ?? {}).filter(isPublic);
  return {
    name: feature.name,
    ...(commitment && { commitment }),
    ...(feature.measure && { measure: Object.fromEntries(labels.map(([key, { text }]) => [key, text])) }),
  };
}

/** Serialises D_head as DAG-CBOR. */
export function encodeHead(head: Head): Uint8Array {
  const commitments: [number, Uint8Array][] = [];
  const measures: [number, HeadFeature["measure"]][] = [];
  for (const [index, feature] of head.features.entries()) {
    if (feature.commitment !== undefined) commitments.push([index, feature.commitment]);
    if (feature.measure !== undefined) measures.push([index, feature.measure]);
  }
  const { format, template } = head;
  return encode({ version: 1, format, template, commitments, measures } satisfies Record<string, unknown>);
}

function namesFrom(template: readonly string[]): string[] {
  // With each value blanked, the template is a JSON document whose leaves stand where the record's do.
  const source = template.join("null");
  const root = parseJsonSource(source);
  const resourceType = resourceTypeOf(source, root);
  const leaves = collectLeaves(source, root, false);
  let offset = 0;
  for (const [i, leaf] of leaves.entries()) {
    offset += template[i]?.length ?? 0;
    if (leaf.node.type !== "null" || leaf.node.offset !== offset) throw new Error("the template holds a value");
    offset += "null".length;
  }
  if (leaves.length !== template.length - 1) throw new Error("template and features differ in number");
  return leaves.map(({ path }) => featureName(resourceType, path));
}

/**
 * Reads D_head.
 * @throws FRAGMENT_INVALID not D_head: other bytes, a template that is not a blanked record, an index out of range
 */
export function decodeHead(bytes: Uint8Array): Head {
  try {
    const { format, template, commitments, measures } = headFile.parse(decode(bytes));
    const features: { -readonly [K in keyof HeadFeature]: HeadFeature[K] }[] = namesFrom(template).map((name) => ({
      name,
    }));
    const at = (index: number): { -readonly [K in keyof HeadFeature]: HeadFeature[K] } => {
      const feature = features[index];
      if (feature === undefined) throw new Error("an index is out of range");
      return feature;
    };
    for (const [index, commitment] of commitments) at(index).commitment = commitment;
    for (const [index, value] of measures) at(index).measure = value;
    return { format, template, features };
  } catch (cause) {
    throw new MedexError("FRAGMENT_INVALID", "the record's head is damaged: fetch the capsule again", { cause });
  }
}
