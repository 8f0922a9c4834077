/** BFV homomorphic encryption of record fragments, on Microsoft SEAL. No network code, no record formats. */

export { deriveByteKeys } from "./byte-keys.ts";
export { type ByteForm, byteCiphertextsLength } from "./byte-sets.ts";
export { type BfvContext, bfvContext, openContext } from "./context.ts";
export { decryptFragment, decryptNumeric, type FragmentDecryptor, openDecryptor } from "./decrypt.ts";
export {
  type EncryptOptions,
  encryptFragment,
  encryptFragmentSymmetric,
  type FragmentEncryptor,
  openEncryptor,
  openSymmetricEncryptor,
} from "./encrypt.ts";
export { type FixedPoint, fromFixedPoint, toFixedPoint } from "./fixed-point.ts";
export {
  type BfvKeyPair,
  checkPublicKey,
  derivePublicKey,
  generateKeys,
  KEY_ID_LENGTH,
  publicKeyId,
  SECRET_KEY_LENGTH,
} from "./keys.ts";
export { type EncryptedScore, linearScore, type ScoreOptions } from "./linear-score.ts";
export { type ColumnMoments, decryptMoments, type EncryptedMoments, momentsOf } from "./moments.ts";
export {
  type ColumnSchema,
  type DecryptedColumn,
  decodeDescription,
  decryptTable,
  describeTable,
  encodeDescription,
  encryptTable,
  type NumericColumn,
  type NumericDescription,
  type NumericTable,
  type PlainColumn,
} from "./numeric-table.ts";
export type { DecodedFeature, PlainFeature, PlainFeatures } from "./payload.ts";
export {
  type BfvParameters,
  DEFAULT_PROFILE,
  FRAGMENT_PROFILE_NAMES,
  type FragmentProfile,
  PROFILE_NAMES,
  PROFILES,
  type ProfileName,
} from "./profiles.ts";
export { loadSeal } from "./seal.ts";
export { sumTables } from "./table-sums.ts";
