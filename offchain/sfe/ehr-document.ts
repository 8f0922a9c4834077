/**
 * The data model of Selective Features Encryption: `EhrDocument = D_head + C`, where `C` is the record's features, each with
 * its exact value, and D_head is everything that is needed to put them back together byte for byte.
 *
 * A feature is a JSON scalar of a FHIR record, a column of a CSV file, or a chunk of a binary one. A long record is read in
 * pieces, each an EhrDocument of its own (`record-reader.ts`); put together they follow one another.
 */

/** The record formats of this version. */
export const RECORD_FORMATS = ["fhir-r4+json", "fhir-r4+ndjson", "csv", "binary"] as const;
export type RecordFormat = (typeof RECORD_FORMATS)[number];

export type FeatureKind = "string" | "number" | "boolean" | "null" | "column" | "bytes";

/** A property name or an array position, from the record's root; of an NDJSON record, from the line's number on. */
export type FeaturePath = readonly (string | number)[];

/**
 * A feature's exact value. FHIR: the JSON text of a scalar, with a string's quotes and escapes, with a number's written form.
 * CSV: the column's cells as written, with their quotes, separated by line feeds. Binary: the bytes.
 */
export type FeatureValue = string | Uint8Array;

/** A text that describes a measured number, and the feature that it was read from. */
export interface MeasureLabel {
  readonly text: string;
  /** Index of the feature whose value this text is: where that feature is private, the label stays out of D_head. */
  readonly source?: number;
}

/** What a measured number means: a FHIR Quantity's value, an Observation's integer, or a column that its owner calls numeric. */
export interface Measure<Label> {
  /** Human-readable unit. */
  readonly unit?: Label;
  /** UCUM code of the unit. */
  readonly code?: Label;
  /** LOINC code of the Observation, or of its component, that the number belongs to. */
  readonly loinc?: Label;
}

/** One feature `C_i`. */
export interface Feature {
  /** Position in its document, counted from 0 in source order; the same number in D_head and in fragments. */
  readonly index: number;
  /**
   * FHIR path (`Bundle.entry[2].resource.valueQuantity.value`), in NDJSON after its line (`line[4].Patient.active`); a column's
   * name; a chunk's byte range (`bytes[4096-8191]`). Unique in its document.
   */
  readonly name: string;
  readonly path: FeaturePath;
  readonly kind: FeatureKind;
  readonly value: FeatureValue;
  /** Present on measured numbers only. */
  readonly measure?: Measure<MeasureLabel>;
}

/** What D_head keeps of a feature: never its value. */
export interface HeadFeature {
  readonly name: string;
  /** Present exactly on private features: 32 bytes, see `commitFeature`. */
  readonly commitment?: Uint8Array;
  /** Present on measured numbers; a label that is itself private is left out. */
  readonly measure?: Measure<string>;
}

/** `template` has one part more than there are features: part, value, part, value, …, part. */
export interface JsonLayout {
  readonly format: "fhir-r4+json";
  readonly template: readonly string[];
}

/** As JSON; the template runs over several lines. */
export interface NdjsonLayout {
  readonly format: "fhir-r4+ndjson";
  /** The number of the first line, from 0. */
  readonly firstLine: number;
  readonly template: readonly string[];
}

export interface CsvLayout {
  readonly format: "csv";
  /** What stands before the first row: byte order mark and header line, exactly; empty but in the record's first piece. */
  readonly prefix: string;
  readonly delimiter: string;
  readonly columns: readonly string[];
  /** How rows end, run by run: `[rows, "\r\n"]`. Only the record's last row may have the end `""`. */
  readonly ends: readonly (readonly [number, string])[];
}

export interface BinaryLayout {
  readonly format: "binary";
  /** Where these bytes begin in the record. */
  readonly offset: number;
  readonly length: number;
  /** Bytes of each feature but the last. */
  readonly chunkLength: number;
}

export type Layout = JsonLayout | NdjsonLayout | CsvLayout | BinaryLayout;

/** D_head. */
export type Head = Layout & { readonly features: readonly HeadFeature[] };

export interface EhrDocument {
  readonly head: Head;
  readonly features: readonly Feature[];
}

/** A feature on its way: what a fragment carries of it. */
export interface FragmentFeature {
  readonly index: number;
  readonly value: FeatureValue;
  /** Present exactly on private features: the 16 random bytes that open its commitment in D_head. */
  readonly salt?: Uint8Array;
}

export interface Fragment {
  readonly features: readonly FragmentFeature[];
}
