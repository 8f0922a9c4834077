import * as dagCbor from "@ipld/dag-cbor";
import { ed25519 } from "@noble/curves/ed25519.js";
import { equalBytes } from "@noble/curves/utils.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { MedexError } from "../errors.ts";
import type { ChannelAuthor, MessageSlot } from "./channel.ts";
import { MAX_CHUNKS } from "./chunks.ts";
import type { ChannelKeys } from "./keys.ts";
import { openBox, sealBox } from "./sealed-box.ts";

/** Put before what is signed, so that the signature means nothing anywhere else. */
const SIGNATURE_DOMAIN = utf8ToBytes("medexchain/v1/tangle/head-signature\0");

const bytes32 = z.instanceof(Uint8Array).refine((bytes) => bytes.length === 32);

const headFields = z.strictObject({
  version: z.literal(1),
  root: bytes32,
  channelId: bytes32,
  sequence: z.int().nonnegative(),
  /** Block ids of the chunks, in order. */
  chunks: z.array(bytes32).min(1).max(MAX_CHUNKS),
  /** Bytes of the payload. */
  length: z.int().positive(),
  /** SHA-256 of the payload. */
  digest: bytes32,
});

const signedHead = z.strictObject({
  fields: headFields,
  signature: z.instanceof(Uint8Array).refine((bytes) => bytes.length === 64),
});

/** What a head says of its message. */
export interface MessageHead {
  readonly chunks: readonly Uint8Array[];
  readonly length: number;
  readonly digest: Uint8Array;
}

/** Signs a head (Ed25519, RFC 8032) and encrypts it whole. */
export function sealHead(author: ChannelAuthor, keys: ChannelKeys, slot: MessageSlot, head: MessageHead): Uint8Array {
  const { root, channelId, sequence } = slot;
  const fields = { version: 1, root, channelId, sequence, ...head };
  const signature = ed25519.sign(signedBytes(fields), author.secretKey);
  return sealBox(keys.head, dagCbor.encode({ fields, signature }), associatedData(slot));
}

/**
 * Decrypts a head and checks that the channel's author signed it for this very place.
 *
 * @throws MedexError TANGLE_MESSAGE_INVALID (altered, malformed, of another place, or a chunk listed twice),
 *   TANGLE_SIGNATURE_INVALID (not signed by the root)
 */
export function openHead(keys: ChannelKeys, slot: MessageSlot, box: Uint8Array): MessageHead {
  const { fields, signature } = parseHead(openBox(keys.head, box, associatedData(slot), "message head"));
  if (!ed25519.verify(signature, signedBytes(fields), slot.root, { zip215: false })) {
    throw new MedexError("TANGLE_SIGNATURE_INVALID", "Tangle message head: it is not signed by the channel's author");
  }
  const here =
    equalBytes(fields.root, slot.root) &&
    equalBytes(fields.channelId, slot.channelId) &&
    fields.sequence === slot.sequence;
  if (!here) throw new MedexError("TANGLE_MESSAGE_INVALID", "Tangle message head: it was signed for another message");
  const distinct = new Set(fields.chunks.map((id) => id.join()));
  if (distinct.size !== fields.chunks.length) {
    throw new MedexError("TANGLE_MESSAGE_INVALID", "Tangle message head: it lists a chunk twice");
  }
  return { chunks: fields.chunks, length: fields.length, digest: fields.digest };
}

function parseHead(plaintext: Uint8Array): z.infer<typeof signedHead> {
  try {
    return signedHead.parse(dagCbor.decode(plaintext));
  } catch (cause) {
    throw new MedexError("TANGLE_MESSAGE_INVALID", "Tangle message head: malformed", { cause });
  }
}

function signedBytes(fields: object): Uint8Array {
  return concatBytes(SIGNATURE_DOMAIN, dagCbor.encode(fields));
}

function associatedData({ root, channelId, sequence }: MessageSlot): Uint8Array {
  return dagCbor.encode(["medexchain/v1/tangle/head", root, channelId, sequence]);
}
