import * as dagCbor from "@ipld/dag-cbor";
import { decodeObject, MedexError } from "@medexchain/core";
import { ed25519 } from "@noble/curves/ed25519.js";
import { equalBytes } from "@noble/curves/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import type { TaggedData } from "./block.ts";
import { byteSchema } from "./byte-schema.ts";
import { type Channel, type ChannelAuthor, channelRootOf, type MessageSlot } from "./channel.ts";
import { MAX_CHUNKS } from "./chunks.ts";
import { blockTag, type ChannelKeys } from "./keys.ts";
import { openBox, sealBox } from "./sealed-box.ts";

/** Put before what is signed, so that the signatures mean nothing anywhere else. */
const HEAD_DOMAIN = utf8ToBytes("medexchain/v1/tangle/head-signature\0");
const ROTATION_DOMAIN = utf8ToBytes("medexchain/v1/tangle/rotation-signature\0");

const messageContent = z.strictObject({
  kind: z.literal("message"),
  /** Block ids of the chunks, in order. */
  chunks: z.array(byteSchema(32)).min(1).max(MAX_CHUNKS),
  /** Bytes of the payload. */
  length: z.int().positive(),
  /** SHA-256 of the payload. */
  digest: byteSchema(32),
});

const boxedContent = z.strictObject({
  kind: z.literal("boxes"),
  /** SHA-256 of the boxes as they are stored, in order. */
  boxes: z.array(byteSchema(32)).min(1).max(MAX_CHUNKS),
  /** Bytes of the payload. */
  length: z.int().positive(),
  /** SHA-256 of the payload. */
  digest: byteSchema(32),
});

const rotationContent = z.strictObject({
  kind: z.literal("rotation"),
  /** Who signs from the next message on: an Ed25519 public key. */
  signer: byteSchema(32),
  /** Commitment to the side key from the next message on; null when it stays. The key itself is never sent. */
  sideKey: byteSchema(32).nullable(),
  /** By the new key, over this place: it is in the hands of someone who wants the channel. */
  consent: byteSchema(64),
});

const headFields = z.strictObject({
  version: z.literal(1),
  mode: z.enum(["public", "private", "restricted"]),
  root: byteSchema(32),
  channelId: byteSchema(32),
  sequence: z.int().nonnegative(),
  /** How many rotations came before. */
  epoch: z.int().nonnegative(),
  /** The author's key in this epoch. */
  signer: byteSchema(32),
  /** The head before: its block id, and its digest, which stays the same if it is attached again. Null for the first. */
  previous: z.strictObject({ block: byteSchema(32), digest: byteSchema(32) }).nullable(),
  content: z.discriminatedUnion("kind", [messageContent, boxedContent, rotationContent]),
});

const signedHead = z.strictObject({ fields: headFields, signature: byteSchema(64) });

export type MessageContent = z.infer<typeof messageContent>;
export type BoxedContent = z.infer<typeof boxedContent>;
export type RotationContent = z.infer<typeof rotationContent>;

/** What a head says beside the channel that it belongs to. */
export type HeadBody = Pick<z.infer<typeof headFields>, "sequence" | "epoch" | "previous" | "content">;

/** A head whose own signature is good. Whether the channel has that signer is for `verifyHeads` to say. */
export interface OpenedHead extends HeadBody {
  readonly signer: Uint8Array;
  /** SHA-256 of what is signed: it identifies the head, in whichever block it comes. */
  readonly digest: Uint8Array;
  /** Those that opened it. */
  readonly keys: ChannelKeys;
}

/** Signs a head (Ed25519, RFC 8032) and, but in a public channel, encrypts it whole. */
export function sealHead(
  author: ChannelAuthor,
  keys: ChannelKeys,
  channel: Channel,
  body: HeadBody,
): { box: Uint8Array; digest: Uint8Array } {
  const { mode, root, channelId } = channel;
  const { sequence, epoch, previous, content } = body;
  const signer = channelRootOf(author);
  const fields = { version: 1, mode, root, channelId, sequence, epoch, signer, previous, content };
  const signed = signedBytes(fields);
  const plaintext = dagCbor.encode({ fields, signature: ed25519.sign(signed, author.secretKey) });
  const box = keys.boxes === undefined ? plaintext : sealBox(keys.boxes.head, plaintext, associatedData(channel));
  return { box, digest: sha256(signed) };
}

/** The new author's consent to take the channel over at this place. */
export function consentToRotation(author: ChannelAuthor, slot: MessageSlot): Uint8Array {
  return ed25519.sign(consentBytes(slot, channelRootOf(author)), author.secretKey);
}

export function isConsent(content: RotationContent, slot: MessageSlot): boolean {
  return ed25519.verify(content.consent, consentBytes(slot, content.signer), content.signer, { zip215: false });
}

/**
 * Decrypts a head and checks that its signer signed it for this channel.
 *
 * @param candidates the channel's keys, one set for each side key
 * @param sequence of the message, if it is known
 * @throws MedexError TANGLE_CHANNEL_MISMATCH (no key opens it, or it is another message's), TANGLE_MESSAGE_INVALID (altered,
 *   malformed), TANGLE_CHUNK_REPEATED (it lists a chunk twice), TANGLE_SIGNATURE_INVALID
 */
export function openHead(
  candidates: readonly ChannelKeys[],
  channel: Channel,
  { tag, data }: TaggedData,
  sequence?: number,
): OpenedHead {
  // a tag tells whose head it is without opening it, but only for a known sequence
  const tagged =
    sequence === undefined
      ? candidates
      : candidates.filter((keys) => equalBytes(tag, blockTag(keys, sequence, "head")));
  if (tagged.length === 0) throw elsewhere();
  const opened = openFirst(tagged, channel, data);
  if (opened === undefined) {
    if (sequence === undefined) throw elsewhere();
    throw new MedexError("TANGLE_MESSAGE_INVALID", "Tangle message head: it does not decrypt; it was altered");
  }
  const { fields, signature } = decodeObject(
    opened.plaintext,
    signedHead,
    "the Tangle message head",
    "TANGLE_MESSAGE_INVALID",
  );
  const here =
    fields.mode === channel.mode &&
    equalBytes(fields.root, channel.root) &&
    equalBytes(fields.channelId, channel.channelId) &&
    (sequence === undefined || fields.sequence === sequence) &&
    equalBytes(tag, blockTag(opened.keys, fields.sequence, "head"));
  if (!here) throw elsewhere();
  const signed = signedBytes(fields);
  if (!ed25519.verify(signature, signed, fields.signer, { zip215: false })) {
    throw new MedexError(
      "TANGLE_SIGNATURE_INVALID",
      `Tangle message ${fields.sequence}: its head is not signed by the key that it names`,
    );
  }
  requireDistinctChunks(fields);
  const { epoch, signer, previous, content } = fields;
  return { sequence: fields.sequence, epoch, signer, previous, content, digest: sha256(signed), keys: opened.keys };
}

function openFirst(
  candidates: readonly ChannelKeys[],
  channel: Channel,
  box: Uint8Array,
): { keys: ChannelKeys; plaintext: Uint8Array } | undefined {
  for (const keys of candidates) {
    const plaintext = keys.boxes === undefined ? box : openBox(keys.boxes.head, box, associatedData(channel));
    if (plaintext !== undefined) return { keys, plaintext };
  }
  return undefined;
}

function requireDistinctChunks({ sequence, content }: z.infer<typeof headFields>): void {
  if (content.kind === "rotation") return;
  const listed = content.kind === "message" ? content.chunks : content.boxes;
  const distinct = new Set(listed.map((id) => id.join()));
  if (distinct.size !== listed.length) {
    throw new MedexError("TANGLE_CHUNK_REPEATED", `Tangle message ${sequence}: its head lists a chunk twice`);
  }
}

function elsewhere(): MedexError {
  return new MedexError(
    "TANGLE_CHANNEL_MISMATCH",
    "Tangle message head: it is not this channel's; the root, side key, channel id, mode, sequence or head is wrong",
  );
}

function signedBytes(fields: object): Uint8Array {
  return concatBytes(HEAD_DOMAIN, dagCbor.encode(fields));
}

function consentBytes({ channel: { mode, root, channelId }, sequence }: MessageSlot, signer: Uint8Array): Uint8Array {
  return concatBytes(ROTATION_DOMAIN, dagCbor.encode([mode, root, channelId, sequence, signer]));
}

/** Without the sequence: a reader that was told the newest head's block id learns the sequence from the head. */
function associatedData({ root, channelId }: Channel): Uint8Array {
  return dagCbor.encode(["medexchain/v1/tangle/head", root, channelId]);
}
