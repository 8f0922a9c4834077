/** A whole record through policy, split and last look: what a publisher needs, and what a preview shows. */

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { inspectFormat } from "./detect-format.ts";
import type { EhrDocument, FeatureValue, RecordFormat } from "./ehr-document.ts";
import type { FhirRelease } from "./fhir-model.ts";
import { releaseOf } from "./fhir-release.ts";
import { describeFeature, type SplitDocument, splitPiece } from "./fragments.ts";
import { encodeHead } from "./head.ts";
import type { NumericColumns } from "./numeric-columns.ts";
import { openPolicy, type PolicyMatcher } from "./policy.ts";
import { readRecord, readRecordStream } from "./record-reader.ts";
import { partsOf } from "./resource-parts.ts";

export interface SplitOptions {
  readonly format: RecordFormat;
  /** Names of ready policies, or selectors in the record's terms. */
  readonly selectors: readonly string[];
  /** Numbers to compute on, with units: columns by name, FHIR's by FHIRPath. */
  readonly numeric?: NumericColumns;
  /** Names of public features or elements that may show a private value, knowingly. */
  readonly allowPublic?: readonly string[];
  /** `false` where the same record was gone through just before with the same options: it is not searched a second time. */
  readonly lastLook?: boolean;
  /** The largest integer of a BFV slot; `SLOT_LIMIT` unless given. */
  readonly slotLimit?: number;
}

function opened({ format, selectors, numeric, allowPublic = [], lastLook = true, slotLimit }: SplitOptions) {
  const policy = openPolicy(format, selectors, { allowPublic, lastLook });
  const options = {
    format,
    ...(numeric && { numericColumns: numeric }),
    ...(slotLimit !== undefined && { slotLimit }),
  };
  return { policy, options };
}

function nextParts(next: IteratorResult<EhrDocument, void>, policy: PolicyMatcher): SplitDocument | undefined {
  return next.done ? undefined : splitPiece(next.value, policy.select(next.value));
}

/**
 * Splits a record piece by piece. Nothing of it may be made public before the generator has ended: only then is it known that
 * each selector selected something, and that no public feature shows a private value.
 *
 * @throws RECORD_FORMAT, INPUT_INVALID, FEATURE_MISSING, FEATURE_OUT_OF_RANGE as `readRecord`
 * @throws POLICY_INVALID, POLICY_SELECTS_NOTHING, PRIVATE_VALUE_PUBLIC as `PolicyMatcher`
 */
export function* splitRecord(bytes: Uint8Array, options: SplitOptions): Generator<SplitDocument, void, undefined> {
  const { policy, options: read } = opened(options);
  const pieces = readRecord(bytes, read);
  for (;;) {
    // Nothing here holds the piece while its parts are worked on.
    const parts = nextParts(pieces.next(), policy);
    if (parts === undefined) break;
    yield parts;
  }
  policy.finish();
}

/** As `splitRecord`, of a record as it comes. */
export async function* splitRecordStream(
  source: AsyncIterable<Uint8Array>,
  options: SplitOptions,
): AsyncGenerator<SplitDocument, void, undefined> {
  const { policy, options: read } = opened(options);
  const pieces = readRecordStream(source, read);
  for (;;) {
    const parts = nextParts(await pieces.next(), policy);
    if (parts === undefined) break;
    yield parts;
  }
  policy.finish();
}

/** One side of a split. */
export interface PartSummary {
  readonly features: number;
  /** Bytes of the values. */
  readonly bytes: number;
  /** Names of the first features, without positions, each once. */
  readonly names: readonly string[];
}

export interface RecordSummary {
  readonly format: RecordFormat;
  /** Of a FHIR record, of its first resource. */
  readonly release?: FhirRelease;
  /** What a person should know: how the file is taken, of which release it is. */
  readonly hints: readonly string[];
  readonly pieces: number;
  readonly bytes: number;
  /** Bytes of all heads, as they are put in the capsule. */
  readonly headBytes: number;
  readonly public: PartSummary;
  readonly private: PartSummary;
  /** Measured numbers, or those asked for; how many of them get a slot (a column counts once a piece), the others being text. */
  readonly numbers: { readonly measured: number; readonly withSlots: number };
}

export interface SummaryOptions extends Omit<SplitOptions, "format"> {
  /** By content and name, see `inspectFormat`, unless given. */
  readonly format?: RecordFormat;
  /** The file's name. */
  readonly name?: string;
}

const NAMES_SHOWN = 100;

function lengthOf(value: FeatureValue): number {
  return typeof value === "string" ? utf8ToBytes(value).length : value.length;
}

function tally() {
  let features = 0;
  let bytes = 0;
  const names = new Set<string>();
  return {
    add(name: string, value: FeatureValue): void {
      features++;
      bytes += lengthOf(value);
      if (names.size < NAMES_SHOWN) names.add(name.replaceAll(/\[\d+(-\d+)?\]/g, ""));
    },
    result: (): PartSummary => ({ features, bytes, names: [...names] }),
  };
}

function releaseOfPiece(piece: EhrDocument): FhirRelease | undefined {
  const [part] = partsOf(piece);
  return part === undefined ? undefined : releaseOf(part.resource);
}

/**
 * What would become of a record, for its owner to see before anything leaves the device.
 * @throws as `inspectFormat` and `splitRecord`
 */
export function summariseRecord(bytes: Uint8Array, options: SummaryOptions): RecordSummary {
  const detected =
    options.format === undefined ? inspectFormat(bytes, options.name) : { format: options.format, hints: [] };
  const { format } = detected;
  const { policy, options: read } = opened({ ...options, format });
  const sides = { public: tally(), private: tally() };
  const numbers = { measured: 0, withSlots: 0 };
  let release: FhirRelease | undefined;
  let pieces = 0;
  let headBytes = 0;
  for (const piece of readRecord(bytes, read)) {
    release ??= releaseOfPiece(piece);
    pieces++;
    const { head, publicFragment, privateFragment } = splitPiece(piece, policy.select(piece));
    headBytes += encodeHead(head).length;
    for (const [side, fragment] of [
      ["public", publicFragment],
      ["private", privateFragment],
    ] as const) {
      for (const feature of fragment.features) {
        const { name, value, measure } = describeFeature(head, feature, options.slotLimit);
        sides[side].add(name, value);
        if (measure !== undefined) numbers.withSlots++;
      }
    }
    numbers.measured += head.features.filter(({ measure }) => measure !== undefined).length;
  }
  policy.finish();
  const isOther = release !== undefined && release !== "R4";
  const hints = isOther ? [...detected.hints, `the record is FHIR ${release}; it is read as that`] : detected.hints;
  return {
    format,
    ...(release !== undefined && { release }),
    hints,
    pieces,
    bytes: bytes.length,
    headBytes,
    public: sides.public.result(),
    private: sides.private.result(),
    numbers,
  };
}
