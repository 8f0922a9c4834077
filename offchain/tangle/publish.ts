import { sha256 } from "@noble/hashes/sha2.js";
import { blockIdBytes } from "./block.ts";
import { mapBounded } from "./bounded.ts";
import { type ChannelAuthor, channelRootOf, type MessageSlot, requireSlot } from "./channel.ts";
import { chunkBytesFor, cutPayload, sealChunk } from "./chunks.ts";
import type { TangleClient } from "./client.ts";
import { sealHead } from "./head.ts";
import { blockTag, restrictedKeys, wipe } from "./keys.ts";

/** Blocks under way at a time. Proof of work is done one at a time; this overlaps it with the network. */
const ATTACH_CONCURRENCY = 4;

export interface PublishOptions {
  readonly client: TangleClient;
  readonly author: ChannelAuthor;
  /** 32 bytes, known to the reader. */
  readonly sideKey: Uint8Array;
  /** 32 bytes, for example a request id. */
  readonly channelId: Uint8Array;
  /** From 0, a new one for each message of the channel. */
  readonly sequence: number;
  /** 1 byte to about 17 MB (`MAX_CHUNKS` chunks). */
  readonly payload: Uint8Array;
}

export interface PublishedMessage {
  /** What the reader must be told: 0x and 64 hex digits, 32 bytes on-chain. */
  readonly headBlockId: string;
  /** In order. */
  readonly chunkBlockIds: readonly string[];
  /** Milliseconds: `create` is encryption and signature, `attach` is proof of work and posting. */
  readonly timings: { readonly create: number; readonly attach: number };
}

/**
 * Publishes one message on a restricted channel: its chunks in parallel, then the signed head that lists them. When it fails
 * no head exists, so nothing refers to the chunks that are already out; publish again.
 *
 * @throws MedexError INPUT_INVALID, and whatever `TangleClient.attach` throws
 */
export async function publishMessage(options: PublishOptions): Promise<PublishedMessage> {
  const { client, author, sideKey, channelId, sequence, payload } = options;
  const slot: MessageSlot = { root: channelRootOf(author), channelId, sequence };
  requireSlot(slot);
  const keys = restrictedKeys(slot, sideKey);
  try {
    const chunkBytes = chunkBytesFor(await client.minPowScore());

    const started = performance.now();
    const cut = cutPayload(payload, chunkBytes);
    const boxes = cut.map((chunk, index) => sealChunk(keys, { slot, index, total: cut.length }, chunk));
    const digest = sha256(payload);
    const sealed = performance.now();

    const chunkBlockIds = await mapBounded(boxes, ATTACH_CONCURRENCY, (box, index) =>
      client.attach(blockTag(keys, sequence, index), box),
    );
    const attached = performance.now();

    const chunks = chunkBlockIds.map(blockIdBytes);
    const head = sealHead(author, keys, slot, { chunks, length: payload.length, digest });
    const signed = performance.now();

    const headBlockId = await client.attach(blockTag(keys, sequence, "head"), head);
    const ended = performance.now();
    return {
      headBlockId,
      chunkBlockIds,
      timings: { create: sealed - started + (signed - attached), attach: attached - sealed + (ended - signed) },
    };
  } finally {
    wipe(keys);
  }
}
