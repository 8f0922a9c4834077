import { PROFILE_NAMES, type ProfileName, SECRET_KEY_LENGTH } from "@medexchain/bfv";
import { bytesOf, decodeObject, encodeObject } from "@medexchain/core";
import { decodeHeads, encodeHead, type Head } from "@medexchain/sfe";
import { z } from "zod";

/** What the capsule's box holds: whoever opens it can read the public fragment and check the private one. */
export interface RecordSecrets {
  readonly profile: ProfileName;
  /** `PR_k`, the record's BFV secret key. */
  readonly secretKey: Uint8Array;
  /** The Ed25519 public key under which the owner signs this record's channel messages, 32 bytes. */
  readonly channelRoot: Uint8Array;
  /** D_head of each piece of the record, in order. */
  readonly heads: readonly Head[];
}

const schema = z.strictObject({
  v: z.literal(1),
  profile: z.enum(PROFILE_NAMES),
  secretKey: bytesOf(SECRET_KEY_LENGTH),
  channelRoot: bytesOf(32),
  heads: z.array(z.instanceof(Uint8Array)).min(1),
});

/** @returns DAG-CBOR bytes, secret */
export function encodeRecordSecrets({ heads, ...rest }: RecordSecrets): Uint8Array {
  return encodeObject({ v: 1, ...rest, heads: heads.map(encodeHead) });
}

/**
 * @throws CAPSULE_INVALID when the bytes are no record's secrets
 * @throws FRAGMENT_INVALID a head is damaged, or all of them together are longer than any record's: whoever made the capsule may be
 *   hostile, and a short one could inflate to more than there is memory
 */
export function parseRecordSecrets(bytes: Uint8Array): RecordSecrets {
  const { profile, secretKey, channelRoot, heads } = decodeObject(
    bytes,
    schema,
    "the capsule's content",
    "CAPSULE_INVALID",
  );
  return { profile, secretKey, channelRoot, heads: decodeHeads(heads) };
}
