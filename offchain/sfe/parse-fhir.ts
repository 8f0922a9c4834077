/** FHIR JSON (a resource or a Bundle) to an EhrDocument. */

import type { EhrDocument, Feature, FeatureKind, FeaturePath, Measure, MeasureLabel } from "./ehr-document.ts";
import { forEachLeaf, type Leaf } from "./feature-leaves.ts";
import { isQuantity } from "./fhir-model.ts";
import { headFeature } from "./head-feature.ts";
import { formatErrorAt, type JsonNode, member, parseJsonSource, stringOf } from "./json-source.ts";
import { decodeUtf8 } from "./utf8.ts";

const UCUM = "http://unitsofmeasure.org";
const LOINC = "http://loinc.org";

/** Values of one JSON document: twice what a dense one of 16 MiB has. More would not fit the memory that is promised. */
const MAX_FEATURES = 600_000;
const TOO_MANY = `the JSON document has more than ${MAX_FEATURES} values (save it as NDJSON, one resource a line)`;

function stringMember(object: JsonNode | undefined, name: string): JsonNode | undefined {
  const value = object && member(object, name);
  return value?.type === "string" ? value : undefined;
}

function loincCode(source: string, observation: JsonNode | undefined): JsonNode | undefined {
  const code = observation && member(observation, "code");
  const codings = code && member(code, "coding");
  const loinc = codings?.children?.find((coding) => stringOf(source, member(coding, "system")) === LOINC);
  return stringMember(loinc, "code");
}

/** A number that was measured: the value of a Quantity, or an Observation's integer. Other numbers are counts and sizes. */
function measureNodes(source: string, leaf: Leaf): Measure<JsonNode> | undefined {
  const { node, step: key, holder, holderType, observation } = leaf;
  if (node.type !== "number" || holder === undefined) return undefined;
  const inQuantity = key === "value" && isQuantity(holderType);
  if (!inQuantity && !(key === "valueInteger" && holder === observation)) return undefined;
  const quantity = inQuantity ? holder : undefined;
  const unit = stringMember(quantity, "unit");
  const isUcum = quantity !== undefined && stringOf(source, member(quantity, "system")) === UCUM;
  const code = isUcum ? stringMember(quantity, "code") : undefined;
  const loinc = loincCode(source, observation);
  return { ...(unit && { unit }), ...(code && { code }), ...(loinc && { loinc }) };
}

/** A scalar. Its path is put together when it is asked for: half a million arrays are as large as the record. */
class LeafFeature implements Feature {
  readonly index: number;
  readonly name: string;
  readonly kind: FeatureKind;
  readonly value: string;
  declare measure?: Measure<MeasureLabel>;
  readonly #base: FeaturePath;
  readonly #step: string | number;

  constructor(index: number, name: string, kind: FeatureKind, value: string, base: FeaturePath, step: string | number) {
    this.index = index;
    this.name = name;
    this.kind = kind;
    this.value = value;
    this.#base = base;
    this.#step = step;
  }

  get path(): FeaturePath {
    return [...this.#base, this.#step];
  }
}

/** The leaf that begins at an offset. */
function leafAt(offsets: readonly number[], offset: number): number {
  let [low, high] = [0, offsets.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((offsets[middle] ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Texts longer than this are not repeated often. */
const MAX_SHARED_LENGTH = 128;

/** One string for all that are equal: a record says the same over and over. */
function createSharer(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    if (text.length > MAX_SHARED_LENGTH) return text;
    const first = known.get(text);
    if (first === undefined) known.set(text, text);
    return first ?? text;
  };
}

/** A resource's text, cut. */
export interface ResourceParts {
  /** One part more than there are features. */
  readonly template: string[];
  readonly features: Feature[];
}

/**
 * Cuts the text of one FHIR resource into features and what stands between them.
 * @param firstIndex the index of the first feature
 * @throws RECORD_FORMAT not JSON, or not FHIR; with line and column
 */
export function readResource(source: string, firstIndex: number): ResourceParts {
  const root = parseJsonSource(source);
  const share = createSharer();
  const template: string[] = [];
  const features: LeafFeature[] = [];
  const offsets: number[] = [];
  const measured = new Map<number, Measure<JsonNode>>();
  let end = 0;
  forEachLeaf(source, root, true, (leaf) => {
    const { node, base, step, name } = leaf;
    const at = features.length;
    if (at === MAX_FEATURES) throw formatErrorAt(source, node.offset, TOO_MANY);
    template.push(share(source.slice(end, node.offset)));
    end = node.offset + node.length;
    const nodes = measureNodes(source, leaf);
    if (nodes !== undefined) measured.set(at, nodes);
    offsets.push(node.offset);
    const kind = node.type as FeatureKind; // a leaf is neither object nor array
    features.push(new LeafFeature(firstIndex + at, name, kind, share(source.slice(node.offset, end)), base, step));
  });
  template.push(source.slice(end));

  // A unit may stand after its value: labels are looked up when all leaves are known.
  const label = (node: JsonNode | undefined): MeasureLabel | undefined => {
    const text = stringOf(source, node);
    if (node === undefined || text === undefined) return undefined;
    return { text: share(text), source: firstIndex + leafAt(offsets, node.offset) };
  };
  for (const [at, nodes] of measured) {
    const feature = features[at];
    if (feature === undefined) continue;
    const [unit, code, loinc] = [label(nodes.unit), label(nodes.code), label(nodes.loinc)];
    feature.measure = { ...(unit && { unit }), ...(code && { code }), ...(loinc && { loinc }) };
  }
  return { template, features };
}

/**
 * Parses one FHIR resource (a Bundle is one) in JSON. Nothing is normalised: `assemble` gives the same bytes back.
 *
 * @param bytes UTF-8 without a byte order mark
 * @returns the document with every feature public; a policy makes some private, see `splitDocument`
 * @throws RECORD_FORMAT not UTF-8, not JSON, or not FHIR; with line and column where there is one
 */
export function parseFhir(bytes: Uint8Array): EhrDocument {
  const { template, features } = readResource(decodeUtf8(bytes), 0);
  const head = { format: "fhir-r4+json" as const, template, features: features.map((f) => headFeature(f, new Map())) };
  return { head, features };
}
