import { decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { type Fragment, MAX_LENGTHS, type RecordFormat } from "@medexchain/sfe";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";

/** The largest record of any format, in bytes; each format has a limit of its own, see `MAX_LENGTHS`. */
export const MAX_RECORD_LENGTH = Math.max(...Object.values(MAX_LENGTHS));

/** The most bytes of features of one piece: what fits the ciphertexts that are read of one, and the memory that a step may take. */
const MAX_PIECE_LENGTH = 32 * 1_048_576;
/** The most bytes that a feature takes besides its value: CBOR's headers, index, scale, and the commitment's salt. */
const FEATURE_OVERHEAD = 40;

/**
 * @param length of the record, in bytes
 * @param format if it is known already
 * @throws INPUT_INVALID the record is too long to be published
 */
export function requirePublishableLength(length: number, format?: RecordFormat): void {
  const limit = format === undefined ? MAX_RECORD_LENGTH : MAX_LENGTHS[format];
  if (length <= limit) return;
  const advice = format === "fhir-r4+json" ? "save it as NDJSON, one resource a line" : "publish it in parts";
  throw new MedexError("INPUT_INVALID", `the record has ${length} bytes, more than ${limit}: ${advice}`);
}

/**
 * To be asked of each piece before it is encrypted: what nobody could decrypt must not be anchored.
 *
 * @throws INPUT_INVALID the features do not fit what is read of one piece
 */
export function requireReadable({ features }: Fragment): void {
  const length = features.reduce(
    (sum, { value }) => sum + FEATURE_OVERHEAD + (typeof value === "string" ? utf8ToBytes(value) : value).length,
    0,
  );
  if (length <= MAX_PIECE_LENGTH) return;
  throw new MedexError(
    "INPUT_INVALID",
    `one piece of the record has about ${length} bytes of features, more than the ${MAX_PIECE_LENGTH} that can be decrypted: save the record as NDJSON, or publish it in parts`,
  );
}

/**
 * To be asked before anything is anchored: what would not be fetched later must not be.
 *
 * @param capsule as it would be stored, in bytes
 * @throws INPUT_INVALID it is above what its readers take
 */
export function requireFetchable(capsule: number): void {
  if (capsule <= CONTENT_LIMITS.capsule) return;
  throw new MedexError(
    "INPUT_INVALID",
    `the record's structure, and 32 bytes for each private feature, have ${capsule} bytes in the capsule, more than the ${CONTENT_LIMITS.capsule} that its readers take: publish the record in parts`,
  );
}

/** An encrypted fragment, or a part of one, of a record in pieces: a ciphertext file for each piece that has features in it. */
export type FragmentPieces = readonly (readonly [piece: number, file: Uint8Array])[];

const schema = z.strictObject({
  v: z.literal(1),
  pieces: z
    .array(z.tuple([z.int().nonnegative(), z.instanceof(Uint8Array)]))
    .refine(
      (pieces) => pieces.every(([piece], i) => i === 0 || piece > (pieces[i - 1]?.[0] ?? piece)),
      "must be in order",
    ),
});

/** @returns DAG-CBOR bytes */
export function encodeFragmentPieces(pieces: FragmentPieces): Uint8Array {
  return encodeObject({ v: 1, pieces });
}

/** @throws FRAGMENT_INVALID when the bytes are no such fragment */
export function parseFragmentPieces(bytes: Uint8Array): FragmentPieces {
  return decodeObject(bytes, schema, "the fragment", "FRAGMENT_INVALID").pieces;
}
