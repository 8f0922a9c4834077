import { PROFILE_NAMES, type ProfileName } from "@medexchain/bfv";
import { decodeObject, encodeObject } from "@medexchain/core";
import { z } from "zod";

/** What the owner sends on a request's channel: private features under the doctor's BFV public key. */
export interface PrivateMessage {
  readonly profile: ProfileName;
  /** From `encodeFragmentPieces`. */
  readonly fragment: Uint8Array;
}

const schema = z.strictObject({
  v: z.literal(1),
  profile: z.enum(PROFILE_NAMES),
  fragment: z.instanceof(Uint8Array),
});

/** @returns DAG-CBOR bytes */
export function encodePrivateMessage(message: PrivateMessage): Uint8Array {
  return encodeObject({ v: 1, ...message });
}

/** @throws TANGLE_MESSAGE_INVALID when the bytes are no such message */
export function parsePrivateMessage(bytes: Uint8Array): PrivateMessage {
  const { profile, fragment } = decodeObject(bytes, schema, "the channel's message", "TANGLE_MESSAGE_INVALID");
  return { profile, fragment };
}
