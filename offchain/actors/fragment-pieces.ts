import type { FragmentDecryptor } from "@medexchain/bfv";
import { decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { CONTENT_LIMITS } from "@medexchain/ipfs";
import type { Fragment } from "@medexchain/sfe";
import { z } from "zod";

/**
 * The largest record that an owner publishes, in bytes. Its fragments are up to 7.3 times as large (4.5 times in the default
 * profile), and a fragment is one object in IPFS, and in memory.
 */
export const MAX_RECORD_LENGTH = 16 * 1024 * 1024;

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
