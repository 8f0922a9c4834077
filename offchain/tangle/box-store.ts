import { encode as encodeCbor } from "@ipld/dag-cbor";
import { createSha256, decodeObject, MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { mapBounded } from "./bounded.ts";
import type { Channel, MessageSlot } from "./channel.ts";
import { type ChunkPlace, MAX_CHUNKS, nameOf, openChunk, sealChunk } from "./chunks.ts";
import type { BoxedContent, OpenedHead } from "./head.ts";
import type { ChannelKeys } from "./keys.ts";
import type { PayloadSource } from "./payload-source.ts";
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

export interface BoxesToStore {
  readonly keys: ChannelKeys;
  readonly slot: MessageSlot;
  readonly payload: PayloadSource;
  /** Told how many bytes of the payload are stored, after each box. */
  readonly onStored?: ((bytes: number) => void) | undefined;
}

/**
 * Seals a payload into boxes, each for its place under the message's own keys as a chunk is, and stores them. Of the payload no more
 * is in memory than the boxes that are on their way.
 *
 * @returns their digests in order, and milliseconds spent on encryption and on the store
 * @throws MedexError INPUT_INVALID (above `MAX_CHUNKS` boxes), and what the store throws
 */
export async function storeBoxes(
  store: BoxStore,
  { keys, slot, payload, onStored }: BoxesToStore,
): Promise<{ boxes: Uint8Array[]; timings: { create: number; attach: number } }> {
  const total = Math.ceil(payload.length / MAX_BOX_BYTES);
  if (total > MAX_CHUNKS) {
    throw new MedexError(
      "INPUT_INVALID",
      `Tangle message: ${payload.length} bytes, more than the ${MAX_CHUNKS * MAX_BOX_BYTES} that one message carries`,
    );
  }
  let create = 0;
  let bytes = 0;
  const started = performance.now();
  const boxes = await mapBounded(Array.from({ length: total }), STORE_CONCURRENCY, async (_, index) => {
    const start = index * MAX_BOX_BYTES;
    const part = await payload.read(start, Math.min(payload.length, start + MAX_BOX_BYTES));
    const sealing = performance.now();
    const stored = encodeCbor(sealChunk(keys, { slot, index, total }, part));
    create += performance.now() - sealing;
    const { digest } = await store.put(stored);
    bytes += part.length;
    onStored?.(bytes);
    return Uint8Array.from(digest);
  });
  return { boxes, timings: { create, attach: performance.now() - started - create } };
}

/** A verified head whose payload is in boxes. */
export interface BoxedMessage extends Pick<OpenedHead, "sequence" | "keys"> {
  readonly content: BoxedContent;
}

/**
 * The payload of a message in boxes, box by box in order, some fetched ahead. Each is the one that the signed head names, and is opened
 * for its place; whether the whole is what the head says is known at the end only.
 *
 * @throws MedexError TANGLE_CHUNK_ALTERED (a box is not the one for its place), TANGLE_MESSAGE_INVALID (they do not make up the payload
 *   that was signed), INPUT_INVALID (there is no store to look in), and what the store throws
 */
export async function* streamBoxes(
  store: BoxStore | undefined,
  channel: Channel,
  { sequence, keys, content }: BoxedMessage,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (store === undefined) {
    throw new MedexError(
      "INPUT_INVALID",
      `Tangle message ${sequence}: it is in boxes on IPFS; give the store to read them`,
    );
  }
  const { boxes, length, digest } = content;
  const total = boxes.length;
  if (Math.ceil(length / MAX_BOX_BYTES) !== total) throw notThePayload(sequence);
  const fetchBox = async (box: Uint8Array, index: number): Promise<Uint8Array> => {
    const place = { slot: { channel, sequence }, index, total };
    const part = openChunk(keys, place, unwrap(place, await store.get(box, { maxBytes: MAX_STORED_BYTES })));
    if (part.length !== Math.min(MAX_BOX_BYTES, length - index * MAX_BOX_BYTES)) throw notThePayload(sequence);
    return part;
  };
  const hash = createSha256();
  const waiting = boxes.entries();
  const ahead: Promise<Uint8Array>[] = [];
  const fetchAhead = (): void => {
    while (ahead.length < STORE_CONCURRENCY) {
      const next = waiting.next();
      if (next.done) return;
      const [index, box] = next.value;
      const fetching = fetchBox(box, index);
      fetching.catch(() => undefined); // it is thrown when its turn comes
      ahead.push(fetching);
    }
  };
  try {
    fetchAhead();
    for (let first = ahead.shift(); first !== undefined; first = ahead.shift()) {
      const part = await first;
      fetchAhead();
      hash.update(part);
      yield part;
    }
  } finally {
    await Promise.allSettled(ahead); // so that none is left running
  }
  if (!equalBytes(hash.digest(), digest)) throw notThePayload(sequence);
}

/**
 * The payload of a message in boxes as a whole.
 *
 * @throws MedexError as `streamBoxes`
 */
export async function fetchBoxes(
  store: BoxStore | undefined,
  channel: Channel,
  message: BoxedMessage,
): Promise<Uint8Array> {
  const parts = await Array.fromAsync(streamBoxes(store, channel, message));
  return concatBytes(...parts);
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
