/** Keys of the byte sets: secret polynomials that grow from the secret key, each set's in a domain of its own, and public keys for both sets in one file. */

import { decode, encode } from "@ipld/dag-cbor";
import { MedexError } from "@medexchain/core";
import type { SecretKey } from "node-seal";
import { z } from "zod";
import { BYTE_SETS, type ByteForm, type ByteSetName } from "./byte-sets.ts";
import { type BfvContext, keptContext } from "./context.ts";
import { createPackedKey, expandSecretKey } from "./keys.ts";
import { callSeal, loadSeal, type Seal } from "./seal.ts";

/** Above the public keys of both sets, which have 17,408 bytes. */
const MAX_FILE_LENGTH = 1 << 16;

const publicKeyFile = z.strictObject({
  version: z.literal(2),
  profile: z.literal("bytes"),
  short: z.custom<Uint8Array>((key) => key instanceof Uint8Array),
  long: z.custom<Uint8Array>((key) => key instanceof Uint8Array),
});

/** A set's context for either kind of encryption. */
export function byteContext(seal: Seal, set: ByteSetName, form: ByteForm): BfvContext {
  return keptContext(seal, BYTE_SETS[set][form]);
}

/**
 * Expands a secret key for a set. The caller frees the handle, with `using`.
 * @throws BFV_BYTES_INVALID not 32 bytes
 */
export function expandByteKey(bfv: BfvContext, set: ByteSetName, secretKey: Uint8Array): SecretKey {
  return expandSecretKey(bfv, `bytes/${set}`, secretKey);
}

/**
 * The public keys of a secret key, one for each set: for the profile `bytes`. They are randomised, as `derivePublicKey`'s is.
 * @throws BFV_BYTES_INVALID not a secret key
 */
export async function deriveByteKeys(secretKey: Uint8Array): Promise<Uint8Array> {
  const seal = await loadSeal();
  const keyOf = (set: ByteSetName): Uint8Array => {
    const bfv = byteContext(seal, set, "full");
    using secret = expandByteKey(bfv, set, secretKey);
    return createPackedKey(bfv, secret);
  };
  return encode({ version: 2, profile: "bytes", short: keyOf("short"), long: keyOf("long") } satisfies z.infer<
    typeof publicKeyFile
  >);
}

/**
 * Reads public keys from anyone; the keys themselves are not checked here.
 * @throws BFV_BYTES_INVALID
 */
export function parseByteKeys(bytes: Uint8Array): Record<ByteSetName, Uint8Array> {
  const message = "not BFV public keys for bytes: ask their owner for them again";
  if (bytes.length > MAX_FILE_LENGTH) throw new MedexError("BFV_BYTES_INVALID", message);
  const { short, long } = callSeal("BFV_BYTES_INVALID", message, () => publicKeyFile.parse(decode(bytes)));
  return { short, long };
}
