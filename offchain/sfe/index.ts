/** Selective Features Encryption: record formats, feature policies, fragments. No network code, no encryption. */

export { type AssembleOptions, assemble } from "./assemble.ts";
export { CHUNK_LENGTH } from "./binary-chunks.ts";
export { commitFeature, SALT_LENGTH } from "./commitment.ts";
export { detectFormat } from "./detect-format.ts";
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
export {
  type DescribedFeature,
  describeFragment,
  type SplitDocument,
  selectFeatures,
  splitDocument,
  splitPiece,
} from "./fragments.ts";
export { decodeHead, encodeHead } from "./head.ts";
export { IDENTIFIERS } from "./identifiers.ts";
export { parseFhir } from "./parse-fhir.ts";
export { openPolicy, type Policy, type PolicyMatcher, parsePolicy, selectPrivate } from "./policy.ts";
export type { NumericColumns } from "./read-csv.ts";
export {
  MAX_RESOURCE_LENGTH,
  PIECE_LENGTH,
  type ReadOptions,
  readRecord,
  readRecordStream,
} from "./record-reader.ts";
