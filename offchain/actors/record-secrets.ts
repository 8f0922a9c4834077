import { PROFILE_NAMES, type ProfileName, SECRET_KEY_LENGTH } from "@medexchain/bfv";
import { bytesOf, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { decodeHead, type Head, requireHeadLengths } from "@medexchain/sfe";
import { z } from "zod";

/** What the capsule's box holds: whoever opens it can read the public fragment and check the private one. */
export interface RecordSecrets {
  readonly profile: ProfileName;
  /** `PR_k`, the record's BFV secret key. */
  readonly secretKey: Uint8Array;
  /** The Ed25519 public key under which the owner signs this record's channel messages, 32 bytes. */
  readonly channelRoot: Uint8Array;
  /** D_head of each piece of the record, in order, as `encodeHead` makes them: all heads of a long record are not decoded at once. */
  readonly heads: readonly Uint8Array[];
}

/** The heads of a record, each decoded as it is asked for. */
export interface Heads extends Iterable<Head> {
  readonly count: number;
  /** @throws FRAGMENT_INVALID the record has no such piece, or its head is damaged */
  at(piece: number): Head;
}

const schema = z.strictObject({
  v: z.literal(1),
  profile: z.enum(PROFILE_NAMES),
  secretKey: bytesOf(SECRET_KEY_LENGTH),
  channelRoot: bytesOf(32),
  heads: z.array(z.instanceof(Uint8Array)).min(1),
});

/** @returns DAG-CBOR bytes, secret */
export function encodeRecordSecrets(secrets: RecordSecrets): Uint8Array {
  return encodeObject({ v: 1, ...secrets });
}

/**
 * @throws CAPSULE_INVALID when the bytes are no record's secrets
 * @throws FRAGMENT_INVALID a head is none, or all of them together are longer than any record's: whoever made the capsule may be
 *   hostile, and a short one could inflate without end
 */
export function parseRecordSecrets(bytes: Uint8Array): RecordSecrets {
  const { profile, secretKey, channelRoot, heads } = decodeObject(
    bytes,
    schema,
    "the capsule's content",
    "CAPSULE_INVALID",
  );
  requireHeadLengths(heads);
  return { profile, secretKey, channelRoot, heads };
}

/** Reads heads of `parseRecordSecrets`. */
export function headsOf({ heads }: Pick<RecordSecrets, "heads">): Heads {
  return {
    count: heads.length,
    at(piece) {
      const bytes = heads[piece];
      if (bytes === undefined) throw new MedexError("FRAGMENT_INVALID", `piece ${piece} is not in this record`);
      return decodeHead(bytes);
    },
    *[Symbol.iterator]() {
      for (const bytes of heads) yield decodeHead(bytes);
    },
  };
}
