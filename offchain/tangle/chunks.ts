import * as dagCbor from "@ipld/dag-cbor";
import { MedexError } from "@medexchain/core";
import { blockOverhead, MAX_BLOCK_BYTES } from "./block.ts";
import type { MessageSlot } from "./channel.ts";
import { type ChannelKeys, TAG_BYTES } from "./keys.ts";
import { BOX_OVERHEAD_BYTES, openBox, sealBox } from "./sealed-box.ts";

/** The most chunks that one head block can list. */
export const MAX_CHUNKS = 900;

/** The most plaintext that a block carries in a box under a channel's tag. */
export const MAX_BOXED_BYTES = MAX_BLOCK_BYTES - blockOverhead(TAG_BYTES) - BOX_OVERHEAD_BYTES;

/**
 * The plaintext bytes to put in each chunk so that proof of work costs least. A block of n bytes needs ⌈log3(n × score)⌉
 * trailing zero trits (TIP-12), so work per byte is least just below a power of three: n = ⌊3^k / score⌋ ≤ 32 KiB.
 *
 * @param minPowScore of the network; 0 means no proof of work
 */
export function chunkBytesFor(minPowScore: number): number {
  if (minPowScore <= 0) return MAX_BOXED_BYTES;
  const trits = Math.floor(Math.log(MAX_BLOCK_BYTES * minPowScore) / Math.log(3));
  // one less: the logarithm of an exact power, in floating point, may round up to one trit more
  const blockBytes = Math.floor(3 ** trits / minPowScore) - 1;
  return Math.max(1024, blockBytes - (MAX_BLOCK_BYTES - MAX_BOXED_BYTES));
}

/** Where a chunk belongs. */
export interface ChunkPlace {
  readonly slot: MessageSlot;
  readonly index: number;
  readonly total: number;
}

/**
 * Cuts a payload into chunks of at most `chunkBytes`.
 *
 * @throws MedexError INPUT_INVALID when it is empty or needs more than `MAX_CHUNKS`
 */
export function cutPayload(payload: Uint8Array, chunkBytes: number): Uint8Array[] {
  if (payload.length === 0) throw new MedexError("INPUT_INVALID", "Tangle message: the payload is empty");
  const total = Math.ceil(payload.length / chunkBytes);
  if (total > MAX_CHUNKS) {
    throw new MedexError(
      "INPUT_INVALID",
      `Tangle message: ${payload.length} bytes, more than the ${MAX_CHUNKS * chunkBytes} that one message carries`,
    );
  }
  return Array.from({ length: total }, (_, index) => payload.subarray(index * chunkBytes, (index + 1) * chunkBytes));
}

/** Encrypts a chunk for its place. In a public channel it stays as it is. */
export function sealChunk(keys: ChannelKeys, place: ChunkPlace, chunk: Uint8Array): Uint8Array {
  return keys.boxes === undefined ? chunk : sealBox(keys.boxes.chunk, chunk, associatedData(place));
}

/** @throws MedexError TANGLE_CHUNK_ALTERED when the box is not the chunk of this place */
export function openChunk(keys: ChannelKeys, place: ChunkPlace, box: Uint8Array): Uint8Array {
  const chunk = keys.boxes === undefined ? box : openBox(keys.boxes.chunk, box, associatedData(place));
  if (chunk === undefined) {
    throw new MedexError("TANGLE_CHUNK_ALTERED", `Tangle ${nameOf(place)}: it does not decrypt; it was altered`);
  }
  return chunk;
}

/** The chunk's place in words, for errors. */
export function nameOf({ slot: { sequence }, index, total }: ChunkPlace): string {
  return `message ${sequence}, chunk ${index} of ${total}`;
}

function associatedData({ slot: { channel, sequence }, index, total }: ChunkPlace): Uint8Array {
  const { root, channelId } = channel;
  return dagCbor.encode(["medexchain/v1/tangle/chunk", root, channelId, sequence, index, total]);
}
