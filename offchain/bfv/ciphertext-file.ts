/** An encrypted fragment as bytes: DAG-CBOR, its ciphertexts packed (`coefficients.ts`). */

import { decode, encode } from "@ipld/dag-cbor";
import { MedexError } from "@medexchain/core";
import { z } from "zod";
import { BYTE_SET_NAMES } from "./byte-sets.ts";
import { type FragmentProfile, PROFILE_NAMES } from "./profiles.ts";

/** Files above this are refused unread. */
const MAX_FILE_LENGTH = 256 * 1024 * 1024;
const MAX_PARTS = 4096;

const parts = z.array(z.custom<Uint8Array>((value) => value instanceof Uint8Array)).max(MAX_PARTS);

/** Of tables of numbers, of fragments under a profile's public key, and of fragments of before there were byte sets. */
const version1 = z.strictObject({
  version: z.literal(1),
  profile: z.enum(PROFILE_NAMES),
  /**
   * `seeded`: encrypted with the secret key, the random half as a seed. `full`: encrypted with the public key, or the
   * result of a computation; the byte ciphertexts are at the profile's byte level. `product`: the result of a computation
   * with a product of ciphertexts: three polynomials each, and no byte ciphertexts.
   */
  form: z.enum(["seeded", "full", "product"]),
  /** Ciphertexts of the byte slots. */
  bytes: parts,
  /** Ciphertexts of the numeric slots. */
  numeric: parts,
});

const byteParts = {
  version: z.literal(2),
  /** The byte ciphertexts are of this set (`byte-sets.ts`). */
  set: z.enum(BYTE_SET_NAMES),
  bytes: parts,
};

const version2 = z.discriminatedUnion("form", [
  /** Encrypted with the secret key; numbers in slots of the profile. */
  z.strictObject({ ...byteParts, form: z.literal("seeded"), profile: z.enum(PROFILE_NAMES), numeric: parts }),
  /** Encrypted with public keys of the byte sets. */
  z.strictObject({ ...byteParts, form: z.literal("full"), profile: z.literal("bytes"), numeric: parts.max(0) }),
]);

const ciphertextFile = z.union([version1, version2]);

/** A file of version 1. */
export type SlotFile = z.infer<typeof version1>;

export type CiphertextFile = z.infer<typeof ciphertextFile>;

/** @throws INPUT_INVALID more ciphertexts than are read */
export function encodeCiphertextFile(file: CiphertextFile): Uint8Array {
  if (file.bytes.length > MAX_PARTS || file.numeric.length > MAX_PARTS) {
    throw new MedexError("INPUT_INVALID", `a fragment has more than ${MAX_PARTS} ciphertexts: publish it in parts`);
  }
  return encode(file);
}

/**
 * Reads a file from anyone. The ciphertexts in it are not checked here.
 * @throws BFV_BYTES_INVALID not such a file, or of another profile
 */
export function decodeCiphertextFile(profile: FragmentProfile, bytes: Uint8Array): CiphertextFile {
  const message = `not a BFV ciphertext file of profile ${profile}: fetch it again or check its profile`;
  if (bytes.length > MAX_FILE_LENGTH) throw new MedexError("BFV_BYTES_INVALID", message);
  let file: CiphertextFile;
  try {
    file = ciphertextFile.parse(decode(bytes));
  } catch (cause) {
    throw new MedexError("BFV_BYTES_INVALID", message, { cause });
  }
  if (file.profile !== profile) throw new MedexError("BFV_BYTES_INVALID", message);
  return file;
}
