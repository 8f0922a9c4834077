/** Selective Features Encryption: record formats, feature policies, fragments. No network code, no encryption. */

export { assemble } from "./assemble.ts";
export { commitFeature, SALT_LENGTH } from "./commitment.ts";
export type {
  EhrDocument,
  Feature,
  FeatureKind,
  FeaturePath,
  Fragment,
  FragmentFeature,
  Head,
  HeadFeature,
  Measure,
  MeasureLabel,
  RecordFormat,
} from "./ehr-document.ts";
export {
  type DescribedFeature,
  describeFragment,
  type SplitDocument,
  selectFeatures,
  splitDocument,
} from "./fragments.ts";
export { decodeHead, encodeHead } from "./head.ts";
export { parseFhir } from "./parse-fhir.ts";
export { type Policy, parsePolicy, selectPrivate } from "./policy.ts";
