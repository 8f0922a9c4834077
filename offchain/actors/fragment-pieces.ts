import { DEFAULT_PROFILE, type FragmentDecryptor, PROFILES, type ProfileName } from "@medexchain/bfv";
import { decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import { type Fragment, MAX_LENGTHS, type RecordFormat } from "@medexchain/sfe";
import { z } from "zod";

/**
 * The largest record of any format that an owner publishes, in bytes. Formats that are read in pieces could be longer (`MAX_LENGTHS`), but a
 * record's fragments are up to 7.3 times as large (4.5 times in the default profile), and a fragment is one object in IPFS, and in memory.
 */
export const MAX_RECORD_LENGTH = 16 * 1024 * 1024;

/** The most ciphertexts of features that are read of one piece. */
const MAX_CIPHERTEXTS = 4096;
/** The most bytes that a feature takes besides its value: CBOR's headers, index, scale, and the commitment's salt. */
const FEATURE_OVERHEAD = 40;

/**
 * @param length of the record, in bytes
 * @param format if it is known already
 * @throws INPUT_INVALID the record is too long to be published
 */
export function requirePublishableLength(length: number, format?: RecordFormat): void {
  const limit = Math.min(MAX_RECORD_LENGTH, format === undefined ? MAX_RECORD_LENGTH : MAX_LENGTHS[format]);
  if (length <= limit) return;
  throw new MedexError("INPUT_INVALID", `the record has ${length} bytes, more than ${limit}: publish it in parts`);
}

/** The most features of one piece, in bytes as they are encrypted, that whoever has keys of the profile can read. */
function capacityOf(profile: ProfileName): number {
  const { degree, plainBits } = PROFILES[profile];
  return MAX_CIPHERTEXTS * degree * Math.floor((plainBits - 1) / 8);
}

/**
 * To be asked of each piece before it is encrypted: what nobody could decrypt must not be anchored. The owner reads it under the record's
 * profile to approve, and the doctor under theirs, which is the default one unless they chose another.
 *
 * @throws INPUT_INVALID the features do not fit what is read of one piece
 */
export function requireReadable(profile: ProfileName, { features }: Fragment): void {
  const limit = Math.min(capacityOf(profile), capacityOf(DEFAULT_PROFILE));
  const length = features.reduce((sum, { value }) => sum + FEATURE_OVERHEAD + Buffer.byteLength(value), 0);
  if (length <= limit) return;
  throw new MedexError(
    "INPUT_INVALID",
    `one piece of the record has about ${length} bytes of features, more than the ${limit} that can be decrypted under the profile ${profile}: save the record as NDJSON, or publish it in parts`,
  );
}

/**
 * To be asked before anything is stored: what would not be fetched later must not be anchored.
 *
 * @param lengths of the capsule and the fragments as they would be stored, in bytes
 * @throws INPUT_INVALID one of them is above what its readers take
 */
export function requireFetchable(lengths: {
  readonly capsule: number;
  readonly publicFragment: number;
  readonly privateFragment: number;
}): void {
  const { capsule, publicFragment, privateFragment } = lengths;
  for (const [what, length, limit] of [
    ["the capsule", capsule, CONTENT_LIMITS.capsule],
    ["the public part", publicFragment, MAX_FRAGMENT_LENGTH],
    ["the private part", privateFragment, MAX_FRAGMENT_LENGTH],
  ] as const) {
    if (length <= limit) continue;
    throw new MedexError(
      "INPUT_INVALID",
      `${what} of the record has ${length} bytes when encrypted, more than the ${limit} that its readers take: publish the record in parts`,
    );
  }
}

/** Above any fragment of such a record: what IPFS is asked to store and give. */
export const MAX_FRAGMENT_LENGTH = CONTENT_LIMITS.fragment;

/** An encrypted fragment of a record in pieces: a ciphertext file for each piece that has features in it. */
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

/**
 * Decrypts a fragment.
 * @param count of the record's pieces
 * @returns each piece's part of the fragment, by the piece's number
 * @throws FRAGMENT_INVALID, BFV_BYTES_INVALID
 */
export function decryptPieces(decryptor: FragmentDecryptor, bytes: Uint8Array, count: number): Map<number, Fragment> {
  const fragments = new Map<number, Fragment>();
  for (const [piece, file] of parseFragmentPieces(bytes)) {
    if (piece >= count) {
      throw new MedexError("FRAGMENT_INVALID", `piece ${piece} is not in this record: fragment and head differ`);
    }
    fragments.set(piece, { features: decryptor.decrypt(file) });
  }
  return fragments;
}
