/** Which of a record's data a consent covers: decided on the owner's device, on the record in the clear. */
import { displayText, type Hex32, sha256, toHex32 } from "@medexchain/core";
import type { ConsentedData } from "@medexchain/fhir";
import { assemble, type SplitDocument } from "@medexchain/sfe";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/** What of a record is sent by a consent. */
export interface CoveredData {
  /** Names of the private features; all where this is undefined. */
  readonly features: ReadonlySet<string> | undefined;
  /** The classes of the data, as the consent has them. */
  readonly classes: readonly string[];
}

/** Why a record is not sent by a consent, in words for its owner. */
export interface NotCovered {
  readonly reason: string;
}

/** All classes of data that a consent names; none where it is for all data. */
export function classesOf({ resources, types, labels, codes }: ConsentedData): string[] {
  const named = (kind: string, names: readonly string[]) => names.map((name) => `${kind} ${name}`);
  return [...named("resource", resources), ...named("type", types), ...named("label", labels), ...named("code", codes)];
}

/** A class as it is on chain, where it tells nothing to who does not know the salt. */
export const classDigest = (salt: Uint8Array, name: string): Hex32 =>
  toHex32(sha256(concatBytes(utf8ToBytes("medexchain/v1/consent-class\0"), salt, utf8ToBytes(name))));

/** The commitment to a consent's document. */
export const documentDigest = (salt: Uint8Array, document: Uint8Array): Hex32 =>
  toHex32(sha256(concatBytes(utf8ToBytes("medexchain/v1/consent-document\0"), salt, document)));

/**
 * Takes from a record what a consent covers. Where the consent is for some data alone, whatever is readable to everybody who is granted
 * anything must be covered too: the public part goes with every grant. So must what is contained in a resource.
 */
export async function coveredData(
  data: ConsentedData,
  pieces: AsyncIterable<SplitDocument>,
): Promise<CoveredData | NotCovered> {
  if (classesOf(data).length === 0) return { features: undefined, classes: [] };
  const features = new Set<string>();
  const classes = new Set<string>();
  for await (const piece of pieces) {
    if (piece.head.format !== "fhir-r4+json" && piece.head.format !== "fhir-r4+ndjson") {
      return { reason: "the consent is for some data alone, and the record is no FHIR" };
    }
    const classesAt = judge(data, piece);
    for (const { name, commitment } of piece.head.features) {
      const found = classesAt(name);
      if (found !== undefined) {
        for (const each of found) classes.add(each);
        if (commitment !== undefined) features.add(name);
      } else if (commitment === undefined && !STRUCTURE.test(name)) {
        return { reason: `${displayText(name, 120)} is in the record's public part, and the consent is not for it` };
      }
    }
  }
  if (classes.size === 0) return { reason: "the record has nothing that the consent is for" };
  return { features, classes: [...classes] };
}

/** What says only that there is a Bundle. */
const STRUCTURE = /^(line\[\d+\]\.)?Bundle\.(resourceType|type)$/;
const LINE = /^line\[(\d+)\]\./;
/** What of a Bundle's entry is its resource, or only where that is. Whatever else is in an entry may be another resource (`response.outcome`). */
const ENTRY = /^Bundle\.entry\[(\d+)\]\.(?:resource(?!\w)|fullUrl$)/;

/** The classes of the resource that a feature of the piece is in; undefined where the consent does not cover it. */
function judge(data: ConsentedData, { head, publicFragment, privateFragment }: SplitDocument) {
  const text = new TextDecoder().decode(assemble(head, [publicFragment, privateFragment]));
  const isLines = head.format === "fhir-r4+ndjson";
  const roots = isLines ? text.split("\n") : [text];
  const firstLine = head.format === "fhir-r4+ndjson" ? head.firstLine : 0;
  const parsed = new Map<number, unknown>();
  const judged = new Map<string, ReadonlySet<string> | undefined>();
  return (name: string): ReadonlySet<string> | undefined => {
    const [prefix = "", line] = LINE.exec(name) ?? [];
    const at = isLines ? Number(line) - firstLine : 0;
    const entry = ENTRY.exec(name.slice(prefix.length))?.[1];
    const key = `${at} ${entry ?? ""}`;
    if (!judged.has(key)) {
      if (!parsed.has(at)) parsed.set(at, JSON.parse(roots[at] ?? "null"));
      const root = parsed.get(at);
      const found =
        entry === undefined
          ? classesIn(data, root, [])
          : classesIn(data, field(elements(field(root, "entry"))[Number(entry)], "resource"), labelsOf(root));
      judged.set(key, found);
    }
    return judged.get(key);
  };
}

/** The classes of a resource, each once, if the consent covers it and whatever it contains, however deep. */
function classesIn(data: ConsentedData, resource: unknown, inherited: readonly string[]): Set<string> | undefined {
  const own = classesOfOne(data, resource, inherited);
  if (own === undefined) return undefined;
  const classes = new Set(own);
  const labels = [...inherited, ...labelsOf(resource)];
  // What is in a resource that is named goes with it, as far as the consent's other conditions allow.
  for (const inner of resourcesWithin(resource)) {
    const found = classesIn({ ...data, resources: [] }, inner, labels);
    if (found === undefined) return undefined;
    for (const each of found) classes.add(each);
  }
  return classes;
}

/** The resources next within a value, wherever they are: FHIR has them in `contained`, and who writes otherwise gets none past. */
function* resourcesWithin(value: unknown): Generator<unknown> {
  if (typeof value !== "object" || value === null) return;
  for (const inner of Object.values(value)) {
    if (field(inner, "resourceType") === undefined) yield* resourcesWithin(inner);
    else yield inner;
  }
}

/** Resources that hold others: whatever is in them would have to be looked at by itself. */
const CONTAINERS = new Set(["Bundle", "Parameters"]);

/** @param inherited labels of what the resource is in: they hold for it too */
function classesOfOne(
  { resources, types, labels, codes }: ConsentedData,
  resource: unknown,
  inherited: readonly string[],
): string[] | undefined {
  const type = String(field(resource, "resourceType"));
  const name = `${type}/${String(field(resource, "id"))}`;
  const ownLabels = [...inherited, ...labelsOf(resource)];
  const ownCodes = codings(elements(field(field(resource, "code"), "coding"))).filter((code) => codes.includes(code));
  const fits =
    !CONTAINERS.has(type) &&
    (resources.length === 0 || resources.includes(name)) &&
    (types.length === 0 || types.includes(type)) &&
    (labels.length === 0 || (ownLabels.length > 0 && ownLabels.every((label) => labels.includes(label)))) &&
    (codes.length === 0 || ownCodes.length > 0);
  if (!fits) return undefined;
  return classesOf({
    records: [],
    resources: resources.length === 0 ? [] : [name],
    types: types.length === 0 ? [] : [type],
    labels: labels.length === 0 ? [] : ownLabels,
    codes: ownCodes,
  });
}

const labelsOf = (resource: unknown): string[] => codings(elements(field(field(resource, "meta"), "security")));

const codings = (given: readonly unknown[]): string[] =>
  given.map((coding) => `${String(field(coding, "system"))}|${String(field(coding, "code"))}`);

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name] // which it has
    : undefined;

const elements = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
