/** BFV homomorphic encryption of record fragments, on Microsoft SEAL. No network code, no record formats. */

export { decryptNumeric, sumNumeric } from "./analytics.ts";
export { type BfvContext, bfvContext, openContext } from "./context.ts";
export { decryptFragment } from "./decrypt.ts";
export type { DecodedFeature, PlainFeature } from "./encoding.ts";
export { type EncryptOptions, encryptFragment, encryptFragmentSymmetric } from "./encrypt.ts";
export { type FixedPoint, fromFixedPoint, toFixedPoint } from "./fixed-point.ts";
export { type BfvKeyPair, checkPublicKey, derivePublicKey, generateKeys, SECRET_KEY_LENGTH } from "./keys.ts";
export { type BfvParameters, DEFAULT_PROFILE, PROFILE_NAMES, PROFILES, type ProfileName } from "./profiles.ts";
export { loadSeal } from "./seal.ts";
