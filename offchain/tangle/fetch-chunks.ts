import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";
import type { TaggedData } from "./block.ts";
import { BlockMismatch } from "./block-mismatch.ts";
import { FETCH_CONCURRENCY, mapBounded } from "./bounded.ts";
import { type BoxStore, fetchBoxes } from "./box-store.ts";
import type { Channel } from "./channel.ts";
import { nameOf, openChunk } from "./chunks.ts";
import type { TangleClient } from "./client.ts";
import type { BoxedContent, MessageContent, OpenedHead } from "./head.ts";
import { blockTag, type ChannelKeys } from "./keys.ts";

/** A verified head that brings a message in blocks. */
export interface MessageToFetch extends Pick<OpenedHead, "sequence" | "keys"> {
  readonly content: MessageContent;
}

/** A verified head that brings a message, in blocks or in boxes. */
export interface AnyMessage extends Pick<OpenedHead, "sequence" | "keys"> {
  readonly content: MessageContent | BoxedContent;
}

/** Where the payloads are. */
export interface PayloadSources {
  readonly client: TangleClient;
  /** Of messages that are too large for blocks. */
  readonly boxStore?: BoxStore | undefined;
  /** Of all payloads together; 192 MiB unless given. */
  readonly maxBytes?: number | undefined;
}

/** The most bytes of payload that one call reads, unless told otherwise: a message that holds the largest fragment, see @medexchain/ipfs. */
export const DEFAULT_MAX_BYTES = 192 * 1_048_576;

const inBlocks = (message: AnyMessage): message is MessageToFetch => message.content.kind === "message";

/**
 * The payloads of messages: all their chunks in parallel, each checked for its place, then each payload against its head.
 *
 * @returns in the messages' order
 * @throws MedexError for a chunk: TANGLE_BLOCK_NOT_FOUND (missing), TANGLE_CHUNK_ALTERED, TANGLE_CHUNK_SWAPPED (with another of its
 *   message), TANGLE_CHUNK_REPEATED (in place of another of its message), TANGLE_CHUNK_FOREIGN (of no place in its message);
 *   TANGLE_MESSAGE_INVALID (the payload is not the one that was signed, or its head claims more than `maxBytes`),
 *   TANGLE_CHANNEL_TOO_LONG (all together do), SERVICE_UNREACHABLE, SERVICE_PROTOCOL, and what `fetchBoxes` throws
 */
export async function fetchPayloads(
  { client, boxStore, maxBytes = DEFAULT_MAX_BYTES }: PayloadSources,
  channel: Channel,
  messages: readonly AnyMessage[],
): Promise<Uint8Array[]> {
  requireRoom(messages, maxBytes);
  const chunked = await fetchChunked(client, channel, messages.filter(inBlocks));
  const payloads: Uint8Array[] = [];
  for (const { content, ...message } of messages) {
    const payload =
      content.kind === "message" ? chunked.shift() : await fetchBoxes(boxStore, channel, { ...message, content });
    if (payload === undefined) throw new RangeError("each message in blocks has a payload");
    payloads.push(payload);
  }
  return payloads;
}

/** Whether what the heads claim may be fetched, and have memory: whoever signed them may be lying. */
export function requireRoom(messages: readonly Pick<AnyMessage, "sequence" | "content">[], maxBytes: number): void {
  let total = 0;
  for (const { sequence, content } of messages) {
    if (content.length > maxBytes) {
      throw new MedexError(
        "TANGLE_MESSAGE_INVALID",
        `Tangle message ${sequence}: its head claims ${content.length} bytes, more than the ${maxBytes} that are read here; ask its author for a smaller one`,
      );
    }
    total += content.length;
  }
  if (total > maxBytes) {
    throw new MedexError(
      "TANGLE_CHANNEL_TOO_LONG",
      `Tangle channel: its ${messages.length} messages have ${total} bytes, more than the ${maxBytes} of one call; read it in stretches, or raise maxBytes`,
    );
  }
}

async function fetchChunked(
  client: TangleClient,
  channel: Channel,
  messages: readonly MessageToFetch[],
): Promise<Uint8Array[]> {
  const places = messages.flatMap((message) => message.content.chunks.map((_, index) => ({ message, index })));
  const chunks = await mapBounded(places, FETCH_CONCURRENCY, ({ message, index }) =>
    fetchChunk(client, channel, message, index),
  );
  let taken = 0;
  return messages.map(({ sequence, content }) => {
    const payload = concatBytes(...chunks.slice(taken, taken + content.chunks.length));
    taken += content.chunks.length;
    if (payload.length !== content.length || !equalBytes(sha256(payload), content.digest)) {
      throw new MedexError(
        "TANGLE_MESSAGE_INVALID",
        `Tangle message ${sequence}: the chunks do not make up the payload that was signed`,
      );
    }
    return payload;
  });
}

/** One chunk's plaintext. */
export async function fetchChunk(
  client: TangleClient,
  channel: Channel,
  message: MessageToFetch,
  index: number,
): Promise<Uint8Array> {
  const { sequence, keys, content } = message;
  const { answer, lied } = await ask(client, content, index);
  const place = { slot: { channel, sequence }, index, total: content.chunks.length };
  if (answer !== undefined && equalBytes(answer.tag, blockTag(keys, sequence, index))) {
    if (!lied) return openChunk(keys, place, answer.data);
    throw new MedexError("TANGLE_CHUNK_ALTERED", `Tangle ${nameOf(place)}: the node answered with altered bytes`);
  }
  if (answer === undefined) {
    throw new MedexError("TANGLE_CHUNK_ALTERED", `Tangle ${nameOf(place)}: the node did not return a block`);
  }
  const belongs = placeOf(keys, message, answer);
  if (belongs === undefined) {
    throw new MedexError("TANGLE_CHUNK_FOREIGN", `Tangle ${nameOf(place)}: the block there belongs to another message`);
  }
  // a chunk that is also where it belongs was repeated here; one that is not was moved here
  const there = await ask(client, content, belongs);
  const repeated = there.answer !== undefined && placeOf(keys, message, there.answer) === belongs;
  throw repeated
    ? new MedexError("TANGLE_CHUNK_REPEATED", `Tangle ${nameOf(place)}: chunk ${belongs} is there again`)
    : new MedexError("TANGLE_CHUNK_SWAPPED", `Tangle ${nameOf(place)}: chunk ${belongs} is in its place`);
}

/** What the node answers for a chunk, and whether it is another block than the one listed. */
async function ask(
  client: TangleClient,
  { chunks }: MessageContent,
  index: number,
): Promise<{ answer: TaggedData | undefined; lied: boolean }> {
  const id = chunks[index];
  if (id === undefined) throw new RangeError(`no chunk ${index}`);
  try {
    return { answer: await client.fetch(`0x${bytesToHex(id)}`), lied: false };
  } catch (error) {
    if (error instanceof BlockMismatch) return { answer: error.answered, lied: true };
    throw error;
  }
}

/** The place in the message that a block's tag belongs to. */
function placeOf(keys: ChannelKeys, { sequence, content }: MessageToFetch, { tag }: TaggedData): number | undefined {
  const place = content.chunks.findIndex((_, index) => equalBytes(tag, blockTag(keys, sequence, index)));
  return place === -1 ? undefined : place;
}
