/** What every package shares, free of networks: errors, canonical CBOR, JSON, service URLs. Files are at `/durable-file` and `/jsonc-file`, what
 * a program does about errors that nobody handles at `/process-guard`. */

export { createSha256, sha256 } from "#sha256";
export { BOX_OVERHEAD, openXChaCha, sealXChaCha } from "#xchacha-box";
export { type ByteReader, createByteReader } from "./byte-reader.ts";
export { anyBytes, bytesOf, decodeObject, encodeList, encodeObject } from "./canonical-cbor.ts";
export { displayText, MAX_SHOWN, skeletonOf } from "./display-text.ts";
export { ERROR_CODES, type ErrorCode, MedexError } from "./errors.ts";
export { fromHex32, type Hex32, hex32, toHex32, ZERO_32 } from "./hex32.ts";
export { type JsonOptions, toJson } from "./json.ts";
export { nextTurn, sleep } from "./pauses.ts";
export {
  isReserved,
  isWholeId,
  LATEST,
  lengthToTell,
  MAX_REFERENCE,
  type Nameable,
  parseReference,
  resolveId,
} from "./resolve-id.ts";
export { basicAuthorization, parseServiceUrl, type ServiceUrl } from "./service-url.ts";
export type { Sha256 } from "./sha256.ts";
export { siblingModule } from "./sibling-module.ts";
export { MAX_TIMER_MS } from "./timer-limit.ts";
export { describeUnforeseen, summariseUnforeseen, type Unforeseen } from "./unforeseen.ts";
