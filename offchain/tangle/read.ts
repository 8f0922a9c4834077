import { equalBytes } from "@noble/curves/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";
import { MedexError } from "../errors.ts";
import { mapBounded } from "./bounded.ts";
import { type MessageSlot, requireSlot } from "./channel.ts";
import { openChunk } from "./chunks.ts";
import type { TangleClient } from "./client.ts";
import { openHead } from "./head.ts";
import { blockTag, type ChannelKeys, restrictedKeys, wipe } from "./keys.ts";

/** Blocks fetched at a time. */
const FETCH_CONCURRENCY = 16;

export interface ReadOptions {
  readonly client: TangleClient;
  /** The author's Ed25519 public key, 32 bytes. */
  readonly root: Uint8Array;
  /** 32 bytes. */
  readonly sideKey: Uint8Array;
  /** 32 bytes. */
  readonly channelId: Uint8Array;
  readonly sequence: number;
  /** 0x and 64 hex digits. */
  readonly headBlockId: string;
}

export interface ReadMessage {
  readonly payload: Uint8Array;
  /** Milliseconds from the first request to the checked payload. */
  readonly timings: { readonly fetch: number };
}

/**
 * Reads one message of a restricted channel: the head, then all chunks at once. Everything is checked, and whatever is
 * missing, altered or out of place is an error; there is no partial or empty answer.
 *
 * @throws MedexError TANGLE_CHANNEL_MISMATCH (wrong root, side key, channel id, sequence or head, or a chunk of another
 *   message), TANGLE_SIGNATURE_INVALID, TANGLE_MESSAGE_INVALID, INPUT_INVALID, and whatever `TangleClient.fetch` throws
 */
export async function readMessage(options: ReadOptions): Promise<ReadMessage> {
  const { client, sideKey, root, channelId, sequence, headBlockId } = options;
  const slot: MessageSlot = { root, channelId, sequence };
  requireSlot(slot);
  const keys = restrictedKeys(slot, sideKey);
  try {
    const started = performance.now();
    const head = openHead(keys, slot, await fetchTagged(client, keys, sequence, "head", headBlockId));
    const total = head.chunks.length;
    const chunks = await mapBounded(head.chunks, FETCH_CONCURRENCY, async (id, index) => {
      const box = await fetchTagged(client, keys, sequence, index, `0x${bytesToHex(id)}`);
      return openChunk(keys, { slot, index, total }, box);
    });
    const payload = concatBytes(...chunks);
    if (payload.length !== head.length || !equalBytes(sha256(payload), head.digest)) {
      throw new MedexError(
        "TANGLE_MESSAGE_INVALID",
        "Tangle message: the chunks do not make up the payload that was signed",
      );
    }
    return { payload, timings: { fetch: performance.now() - started } };
  } finally {
    wipe(keys);
  }
}

/** A block's data, once its tag is the one that this channel gives to it. */
async function fetchTagged(
  client: TangleClient,
  keys: ChannelKeys,
  sequence: number,
  index: number | "head",
  blockId: string,
): Promise<Uint8Array> {
  const { tag, data } = await client.fetch(blockId);
  if (!equalBytes(tag, blockTag(keys, sequence, index))) {
    const what =
      index === "head" ? "the root, side key, channel id, sequence or head is wrong" : "it is of another message";
    throw new MedexError("TANGLE_CHANNEL_MISMATCH", `Tangle block ${blockId}: not this channel's block; ${what}`);
  }
  return data;
}
