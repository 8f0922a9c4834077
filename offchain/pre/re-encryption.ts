/** `C_DU` on the wire: what the relayer publishes and the user fetches by CID. */

import { bytesOf, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { z } from "zod";
import type { ReEncryptedCiphertext } from "./ciphertexts.ts";
import { checkG2, checkGt } from "./elements.ts";
import { g2Field, gtField } from "./fields.ts";
import { checkId, ID_LENGTH } from "./identity.ts";

const VERSION = 1;

const schema = z.strictObject({
  v: z.literal(VERSION),
  requestId: bytesOf(ID_LENGTH),
  C1: g2Field,
  C2: gtField,
  C3: g2Field,
  C4: gtField,
});

/** A re-encrypted ciphertext and the request that it answers. */
export interface ReEncryption extends ReEncryptedCiphertext {
  /** 32 bytes. */
  readonly requestId: Uint8Array;
}

/**
 * Encodes `C_DU` as DAG-CBOR.
 *
 * @throws INPUT_INVALID when the request id is not 32 bytes
 */
export function encodeReEncryption(reEncryption: ReEncryption): Uint8Array {
  const { requestId, C1, C2, C3, C4 } = reEncryption;
  return encodeObject({ v: VERSION, requestId: checkId(requestId, "requestId"), C1, C2, C3, C4 });
}

/**
 * Decodes `C_DU` and checks every element. That it answers the request at hand is for the caller to compare.
 *
 * @throws RE_ENCRYPTION_INVALID
 */
export function parseReEncryption(bytes: Uint8Array): ReEncryption {
  const { requestId, C1, C2, C3, C4 } = decodeObject(bytes, schema, "the re-encryption", "RE_ENCRYPTION_INVALID");
  try {
    return {
      requestId,
      C1: checkG2(C1, "C1"),
      C2: checkGt(C2, "C2"),
      C3: checkG2(C3, "C3"),
      C4: checkGt(C4, "C4"),
    };
  } catch (cause) {
    if (!MedexError.is(cause, "PRE_ELEMENT_INVALID")) throw cause;
    throw new MedexError("RE_ENCRYPTION_INVALID", `in the re-encryption, ${cause.message}`, { cause });
  }
}
