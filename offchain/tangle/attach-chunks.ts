import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { blockIdBytes } from "./block.ts";
import { ATTACH_CONCURRENCY, FETCH_CONCURRENCY, mapBounded } from "./bounded.ts";
import type { MessageSlot } from "./channel.ts";
import { type ChunkPlace, cutPayload, nameOf, openChunk, sealChunk } from "./chunks.ts";
import type { TangleClient } from "./client.ts";
import { blockTag, type ChannelKeys } from "./keys.ts";

export interface ChunksToAttach {
  readonly client: TangleClient;
  readonly keys: ChannelKeys;
  readonly slot: MessageSlot;
  readonly payload: Uint8Array;
  /** Plaintext bytes per chunk. */
  readonly chunkBytes: number;
  /** Block ids by index of the chunks that an earlier attempt attached. */
  readonly attached: ReadonlyMap<number, Uint8Array>;
  /** Writes down that a chunk is out. */
  onAttached(index: number, block: Uint8Array): Promise<void>;
}

/**
 * Puts a payload's chunks on the Tangle, those that are not there yet. A chunk of an earlier attempt is read back first: reading is
 * cheap, proof of work is not; one that the node has lost is attached again.
 *
 * @returns all block ids in order, and milliseconds spent on encryption and on the node
 * @throws MedexError INPUT_INVALID (empty, too long), TANGLE_JOURNAL_INVALID (a block is not the chunk it was noted as), and
 *   whatever the client throws
 */
export async function attachChunks(
  options: ChunksToAttach,
): Promise<{ blocks: Uint8Array[]; timings: { create: number; attach: number } }> {
  const { client, keys, slot, payload, chunkBytes, onAttached } = options;
  const cut = cutPayload(payload, chunkBytes);
  const places = cut.map((chunk, index) => ({ chunk, place: { slot, index, total: cut.length } }));
  const resumed = performance.now();
  const kept = await mapBounded(places, FETCH_CONCURRENCY, (chunk) => stillThere(options, chunk));

  const started = performance.now();
  // what is kept needs no box
  const boxes = places.map(({ chunk, place }, index) => (kept[index] ? undefined : sealChunk(keys, place, chunk)));
  const sealed = performance.now();

  const blocks = await mapBounded(boxes, ATTACH_CONCURRENCY, async (box, index) => {
    const block = kept[index];
    if (block !== undefined) return block;
    if (box === undefined) throw new RangeError("what is not kept has a box");
    const id = blockIdBytes(await client.attach(blockTag(keys, slot.sequence, index), box));
    await onAttached(index, id);
    return id;
  });
  const create = sealed - started;
  return { blocks, timings: { create, attach: performance.now() - resumed - create } };
}

/** The block id of a chunk that an earlier attempt attached, if the node still has it. */
async function stillThere(
  { client, keys, attached }: ChunksToAttach,
  { chunk, place }: { chunk: Uint8Array; place: ChunkPlace },
): Promise<Uint8Array | undefined> {
  const block = attached.get(place.index);
  if (block === undefined) return undefined;
  try {
    const { tag, data } = await client.fetch(`0x${bytesToHex(block)}`);
    const same =
      equalBytes(tag, blockTag(keys, place.slot.sequence, place.index)) &&
      equalBytes(openChunk(keys, place, data), chunk);
    if (same) return block;
  } catch (error) {
    if (MedexError.is(error, "TANGLE_BLOCK_NOT_FOUND")) return undefined;
    if (!MedexError.is(error, "TANGLE_CHUNK_ALTERED")) throw error;
  }
  throw new MedexError(
    "TANGLE_JOURNAL_INVALID",
    `Tangle journal: the block noted for ${nameOf(place)} holds something else; restore the journal`,
  );
}
