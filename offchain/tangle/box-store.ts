import { encode as encodeCbor } from "@ipld/dag-cbor";
import { decodeObject, MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { z } from "zod";
import { mapBounded } from "./bounded.ts";
import type { Channel, MessageSlot } from "./channel.ts";
import { type ChunkPlace, MAX_CHUNKS, nameOf, openChunk, sealChunk } from "./chunks.ts";
import type { BoxedContent, OpenedHead } from "./head.ts";
import type { ChannelKeys } from "./keys.ts";
import { payloadDigest } from "./payload-digest.ts";
import { BOX_OVERHEAD_BYTES } from "./sealed-box.ts";

/** A message of up to so many blocks goes out in blocks; a larger one in boxes elsewhere, as each block costs proof of work. */
export const MAX_INLINE_CHUNKS = 4;

/** Of a box as it is stored; a CBOR byte string of up to 1 MiB has five bytes before it. One block of IPFS holds it. */
const MAX_STORED_BYTES = 1_048_576;
/** The most plaintext in one box. */
export const MAX_BOX_BYTES = MAX_STORED_BYTES - 5 - BOX_OVERHEAD_BYTES;

const STORE_CONCURRENCY = 8;

/**
 * Where the boxes of large messages are: content-addressed, open to everyone, and known by nothing but their SHA-256. `ContentStore` of
 * @medexchain/ipfs is one.
 */
export interface BoxStore {
  /** @param bytes DAG-CBOR, 1 MiB at most */
  put(bytes: Uint8Array): Promise<{ readonly digest: Uint8Array }>;
  /** @param digest SHA-256, 32 bytes; what comes back must hash to it */
  get(digest: Uint8Array, options: { readonly maxBytes: number }): Promise<Uint8Array>;
}

const boxSchema = z.instanceof<typeof Uint8Array<ArrayBufferLike>>(Uint8Array);

/**
 * Seals a payload into boxes, each for its place under the message's own keys as a chunk is, and stores them.
 *
 * @returns their digests in order, and milliseconds spent on encryption and on the store
 * @throws MedexError INPUT_INVALID (above `MAX_CHUNKS` boxes), and what the store throws
 */
export async function storeBoxes(
  store: BoxStore,
  { keys, slot, payload }: { readonly keys: ChannelKeys; readonly slot: MessageSlot; readonly payload: Uint8Array },
): Promise<{ boxes: Uint8Array[]; timings: { create: number; attach: number } }> {
  const total = Math.ceil(payload.length / MAX_BOX_BYTES);
  if (total > MAX_CHUNKS) {
    throw new MedexError(
      "INPUT_INVALID",
      `Tangle message: ${payload.length} bytes, more than the ${MAX_CHUNKS * MAX_BOX_BYTES} that one message carries`,
    );
  }
  let create = 0;
  const started = performance.now();
  // Sealed as they are stored: of a large message no second copy is kept.
  const boxes = await mapBounded(Array.from({ length: total }), STORE_CONCURRENCY, async (_, index) => {
    const sealing = performance.now();
    const part = payload.subarray(index * MAX_BOX_BYTES, (index + 1) * MAX_BOX_BYTES);
    const stored = encodeCbor(sealChunk(keys, { slot, index, total }, part));
    create += performance.now() - sealing;
    return Uint8Array.from((await store.put(stored)).digest);
  });
  return { boxes, timings: { create, attach: performance.now() - started - create } };
}

/** A verified head whose payload is in boxes. */
export interface BoxedMessage extends Pick<OpenedHead, "sequence" | "keys"> {
  readonly content: BoxedContent;
}

/**
 * The payload of a message in boxes: all fetched, each opened for its place, and the whole compared with the signed head.
 *
 * @throws MedexError TANGLE_CHUNK_ALTERED (a box is not the one for its place), TANGLE_MESSAGE_INVALID (they do not make up the payload
 *   that was signed), INPUT_INVALID (there is no store to look in), and what the store throws
 */
export async function fetchBoxes(
  store: BoxStore | undefined,
  channel: Channel,
  { sequence, keys, content }: BoxedMessage,
): Promise<Uint8Array> {
  if (store === undefined) {
    throw new MedexError(
      "INPUT_INVALID",
      `Tangle message ${sequence}: it is in boxes on IPFS; give the store to read them`,
    );
  }
  const { boxes, length, digest } = content;
  const total = boxes.length;
  if (Math.ceil(length / MAX_BOX_BYTES) !== total) throw notThePayload(sequence);
  const payload = new Uint8Array(length);
  await mapBounded(boxes, STORE_CONCURRENCY, async (box, index) => {
    const place = { slot: { channel, sequence }, index, total };
    const part = openChunk(keys, place, unwrap(place, await store.get(box, { maxBytes: MAX_STORED_BYTES })));
    const start = index * MAX_BOX_BYTES;
    if (part.length !== Math.min(MAX_BOX_BYTES, length - start)) throw notThePayload(sequence);
    payload.set(part, start);
  });
  if (!equalBytes(await payloadDigest(payload), digest)) throw notThePayload(sequence);
  return payload;
}

function unwrap(place: ChunkPlace, bytes: Uint8Array): Uint8Array {
  return decodeObject(bytes, boxSchema, `Tangle ${nameOf(place)}`, "TANGLE_CHUNK_ALTERED");
}

function notThePayload(sequence: number): MedexError {
  return new MedexError(
    "TANGLE_MESSAGE_INVALID",
    `Tangle message ${sequence}: the boxes do not make up the payload that was signed`,
  );
}
