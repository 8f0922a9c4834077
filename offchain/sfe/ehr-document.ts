/**
 * The data model of Selective Features Encryption: `EhrDocument = D_head + C`, where `C` is the record's features
 * (its JSON scalar leaves, each with the exact text it has in the source) and D_head is everything that is needed to put
 * them back together byte for byte.
 */

/** The record formats of this version. */
export const RECORD_FORMATS = ["fhir-r4+json"] as const;
export type RecordFormat = (typeof RECORD_FORMATS)[number];

export type FeatureKind = "string" | "number" | "boolean" | "null";

/** A property name or an array position, from the record's root. */
export type FeaturePath = readonly (string | number)[];

/** A text that describes a measured number, and the feature that it was read from. */
export interface MeasureLabel {
  readonly text: string;
  /** Index of the feature whose value this text is: where that feature is private, the label stays out of D_head. */
  readonly source: number;
}

/** What a measured number means: a FHIR Quantity's value, or an Observation's integer. */
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
  /** Position in the record, counted from 0 in source order; the same number in D_head and in fragments. */
  readonly index: number;
  /** FHIR path, e.g. `Bundle.entry[2].resource.valueQuantity.value`. Unique in its record. */
  readonly name: string;
  readonly path: FeaturePath;
  readonly kind: FeatureKind;
  /** The exact source text of the value: JSON, with a string's quotes and escapes, with a number's written form. */
  readonly text: string;
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

/** D_head. `template` has one piece more than there are features: piece, value, piece, value, …, piece. */
export interface Head {
  readonly format: RecordFormat;
  readonly template: readonly string[];
  readonly features: readonly HeadFeature[];
}

export interface EhrDocument {
  readonly head: Head;
  readonly features: readonly Feature[];
}

/** A feature on its way: what a fragment carries of it. */
export interface FragmentFeature {
  readonly index: number;
  readonly text: string;
  /** Present exactly on private features: the 16 random bytes that open its commitment in D_head. */
  readonly salt?: Uint8Array;
}

export interface Fragment {
  readonly features: readonly FragmentFeature[];
}
