/** An encrypted fragment as bytes: DAG-CBOR, its ciphertexts packed (`coefficients.ts`). */

import { decode, encode } from "@ipld/dag-cbor";
import { MedexError } from "@medexchain/core";
import { z } from "zod";
import { PROFILE_NAMES, type ProfileName } from "./profiles.ts";

/** Files above this are refused unread. */
const MAX_FILE_LENGTH = 256 * 1024 * 1024;
const MAX_PARTS = 4096;

const parts = z.array(z.custom<Uint8Array>((value) => value instanceof Uint8Array)).max(MAX_PARTS);

const ciphertextFile = z.strictObject({
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

export type CiphertextFile = z.infer<typeof ciphertextFile>;

export function encodeCiphertextFile(file: CiphertextFile): Uint8Array {
  return encode(file);
}

/**
 * Reads a file from anyone. The ciphertexts in it are not checked here.
 * @throws BFV_BYTES_INVALID not such a file, or of another profile
 */
export function decodeCiphertextFile(profile: ProfileName, bytes: Uint8Array): CiphertextFile {
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
