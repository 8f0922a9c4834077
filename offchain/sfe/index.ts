/** Selective Features Encryption: record formats, feature policies, fragments. No network code, no encryption. */

export { type AssembleOptions, assemble } from "./assemble.ts";
export { CHUNK_LENGTH } from "./binary-chunks.ts";
export { commitFeature, SALT_LENGTH } from "./commitment.ts";
export { firstRows } from "./csv-source.ts";
export { type Detected, detectFormat, inspectFormat } from "./detect-format.ts";
export {
  type BinaryLayout,
  type CsvLayout,
  type EhrDocument,
  type Feature,
  type FeatureKind,
  type FeaturePath,
  type FeatureValue,
  type Fragment,
  type FragmentFeature,
  type Head,
  type HeadFeature,
  type JsonLayout,
  type Measure,
  type MeasureLabel,
  type NdjsonLayout,
  RECORD_FORMATS,
  type RecordFormat,
} from "./ehr-document.ts";
export { FHIR_RELEASES, type FhirRelease } from "./fhir-model.ts";
export { releaseOf } from "./fhir-release.ts";
export {
  type DescribedFeature,
  describeFeature,
  describeFragment,
  type SplitDocument,
  selectFeatures,
  splitDocument,
  splitPiece,
} from "./fragments.ts";
export { decodeHead, decodeHeads, encodeHead, MAX_HEAD_LENGTH, requireHeadLengths } from "./head.ts";
export { findLeaks, type Leak, requireNoLeaks } from "./last-look.ts";
export { POLICY_NAMES, type PolicyName } from "./named-policies.ts";
export type { NumericColumns } from "./numeric-columns.ts";
export { parseFhir } from "./parse-fhir.ts";
export {
  openPolicy,
  type Policy,
  type PolicyMatcher,
  type PolicyOptions,
  parsePolicy,
  selectPrivate,
} from "./policy.ts";
export {
  MAX_LENGTHS,
  MAX_RESOURCE_LENGTH,
  PIECE_LENGTH,
  type ReadOptions,
  readRecord,
  readRecordStream,
} from "./record-reader.ts";
export { titleOf } from "./record-title.ts";
export { SLOT_LIMIT } from "./slot-numbers.ts";
export {
  type PartSummary,
  type RecordSummary,
  type SplitOptions,
  type SummaryOptions,
  splitRecord,
  splitRecordStream,
  summariseRecord,
} from "./split-record.ts";
