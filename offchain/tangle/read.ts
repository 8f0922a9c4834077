import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { FETCH_CONCURRENCY, mapBounded } from "./bounded.ts";
import { type BoxStore, streamBoxes } from "./box-store.ts";
import { type Channel, type ChannelAccess, requireSequence } from "./channel.ts";
import { type Checkpoint, requireCheckpointOf } from "./checkpoint.ts";
import type { TangleClient } from "./client.ts";
import { DEFAULT_MAX_BYTES, fetchPayloads, requireRoom } from "./fetch-chunks.ts";
import { type OpenedHead, openHead } from "./head.ts";
import { type ChannelKeys, channelKeys, wipe } from "./keys.ts";
import { firstEpoch, forkAt, requireSigner, verifyHeads } from "./verify-heads.ts";
import { type LocatedHead, walkHeads } from "./walk-heads.ts";

/** The most heads that one call walks, unless told otherwise: each costs a round trip. */
const DEFAULT_MAX_HEADS = 1000;

interface ChannelToRead {
  readonly client: TangleClient;
  /** Where large messages are; without it a channel that has one cannot be read. */
  readonly boxStore?: BoxStore;
  readonly access: ChannelAccess;
  /** The first author's Ed25519 public key, 32 bytes. */
  readonly root: Uint8Array;
  /** 32 bytes. */
  readonly channelId: Uint8Array;
  /** The most bytes of payload that the call reads, of all messages together; 192 MiB unless given. A head that claims more is refused. */
  readonly maxBytes?: number;
}

export interface ReadMessageOptions extends ChannelToRead {
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
 * Reads one message of a channel that was not rotated before it: the head, then all chunks at once. Everything is checked, and
 * whatever is missing, altered or out of place is an error; there is no partial or empty answer. The messages before it are not
 * looked at: for those, and for forks, `readChannel`.
 *
 * @throws MedexError TANGLE_CHANNEL_MISMATCH (wrong root, side key, channel id, mode, sequence or head), TANGLE_SIGNATURE_INVALID,
 *   TANGLE_MESSAGE_INVALID, INPUT_INVALID, and whatever `fetchPayloads` and `TangleClient.fetch` throw
 */
export async function readMessage(options: ReadMessageOptions): Promise<ReadMessage> {
  const started = performance.now();
  const parts = await Array.fromAsync(streamMessage({ maxBytes: DEFAULT_MAX_BYTES, ...options }));
  const [first, ...others] = parts;
  const payload = first !== undefined && others.length === 0 ? first : concatBytes(...parts);
  return { payload, timings: { fetch: performance.now() - started } };
}

/**
 * Reads one message as `readMessage`, part by part: a large one, in boxes, is never in memory as a whole. Each part is what the
 * signed head names for its place; that the whole is what was signed is known once the generator has ended, so keep nothing before.
 * Since no memory is taken for what a head claims, `maxBytes` bounds nothing here unless it is given.
 *
 * @param onLength told the payload's length before its first part, in bytes, as the signed head has it
 * @throws MedexError as `readMessage`
 */
export async function* streamMessage(
  options: ReadMessageOptions,
  onLength?: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const {
    client,
    boxStore,
    access,
    root,
    channelId,
    maxBytes = Number.POSITIVE_INFINITY,
    sequence,
    headBlockId,
  } = options;
  const channel: Channel = { mode: access.mode, root, channelId };
  requireSequence(sequence);
  const candidates = channelKeys(channel, access);
  try {
    const head = openHead(candidates, channel, await client.fetch(headBlockId), sequence);
    requireSigner(head, firstEpoch(channel));
    const { content, keys } = head;
    if (content.kind === "rotation") {
      throw new MedexError("TANGLE_MESSAGE_INVALID", `Tangle message ${sequence}: it rotates keys and has no payload`);
    }
    requireRoom([{ sequence, content }], maxBytes);
    onLength?.(content.length);
    if (content.kind === "boxes") {
      yield* streamBoxes(boxStore, channel, { sequence, keys, content });
      return;
    }
    yield* await fetchPayloads({ client, boxStore }, channel, [{ sequence, keys, content }]);
  } finally {
    wipe(candidates);
  }
}

export interface ReadChannelOptions extends ChannelToRead {
  /**
   * Block ids of heads that were announced, the newest among them: 0x and 64 hex digits. One is enough; of more, from several
   * sources, each must lie on the same chain.
   */
  readonly headBlockIds: readonly [string, ...string[]];
  /** Where an earlier call ended; only what follows is read. */
  readonly after?: Checkpoint;
  /** 1000 unless given. */
  readonly maxHeads?: number;
}

export interface ChannelMessage {
  readonly sequence: number;
  /** How many rotations came before. */
  readonly epoch: number;
  /** 0x and 64 hex digits. */
  readonly headBlockId: string;
  readonly payload: Uint8Array;
}

export interface ReadChannel {
  /** Oldest first. A number that is not there was a rotation. */
  readonly messages: readonly ChannelMessage[];
  /** Give it as `after` to the next call. */
  readonly checkpoint: Checkpoint;
  /** Milliseconds from the first request to the checked payloads. */
  readonly timings: { readonly fetch: number };
}

/**
 * Reads a channel back from its newest head: the heads one after the other, verified from the oldest on, then the chunks of all
 * messages in parallel. Nothing is returned unless everything is there and right. All payloads are in memory at once: read a long
 * channel in stretches, from checkpoint to checkpoint.
 *
 * @throws MedexError TANGLE_FORK (two signed heads for one sequence), TANGLE_HEAD_STALE (older than `after`),
 *   TANGLE_CHANNEL_TOO_LONG, and what `walkHeads`, `verifyHeads` and `fetchPayloads` throw
 */
export async function readChannel(options: ReadChannelOptions): Promise<ReadChannel> {
  const { client, boxStore, access, root, channelId, maxBytes, headBlockIds, after } = options;
  const { maxHeads = DEFAULT_MAX_HEADS } = options;
  const channel: Channel = { mode: access.mode, root, channelId };
  if (after) requireCheckpointOf(channel, after);
  const candidates = channelKeys(channel, access);
  try {
    const started = performance.now();
    const announced = await openAnnounced(client, channel, candidates, headBlockIds);
    const newest = announced.reduce((a, b) => (b.head.sequence > a.head.sequence ? b : a));
    requireReach(announced, after, maxHeads);

    const known = after?.sequence ?? -1;
    const located = newest.head.sequence > known ? await walkHeads(client, channel, candidates, newest, known) : [];
    const heads = located.map(({ head }) => head);
    const checkpoint = verifyHeads(channel, heads, after);
    if (checkpoint === undefined) throw new RangeError("without a checkpoint there is a head to walk");
    for (const { head } of announced) {
      const onChain =
        head.sequence === known && after ? { ...after, signer: after.signedBy } : heads[head.sequence - known - 1];
      if (onChain !== undefined) requireSame(head, onChain);
    }

    const messages = located.flatMap(({ head: { content, ...head }, headBlockId }) =>
      content.kind === "rotation" ? [] : [{ ...head, content, headBlockId }],
    );
    const payloads = await fetchPayloads({ client, boxStore, maxBytes }, channel, messages);
    const read = payloads.flatMap((payload, index) => {
      const message = messages[index];
      if (message === undefined) return [];
      const { sequence, epoch, headBlockId } = message;
      return [{ sequence, epoch, headBlockId, payload }];
    });
    return { messages: read, checkpoint, timings: { fetch: performance.now() - started } };
  } finally {
    wipe(candidates);
  }
}

function openAnnounced(
  client: TangleClient,
  channel: Channel,
  candidates: readonly ChannelKeys[],
  headBlockIds: ReadChannelOptions["headBlockIds"],
): Promise<LocatedHead[]> {
  return mapBounded([...new Set(headBlockIds)], FETCH_CONCURRENCY, async (headBlockId) => {
    const head = openHead(candidates, channel, await client.fetch(headBlockId));
    return { head, headBlockId };
  });
}

/** @throws MedexError TANGLE_HEAD_STALE, TANGLE_CHANNEL_TOO_LONG */
function requireReach(announced: readonly LocatedHead[], after: Checkpoint | undefined, maxHeads: number): void {
  const known = after?.sequence ?? -1;
  for (const { head, headBlockId } of announced) {
    if (head.sequence < known) {
      throw new MedexError(
        "TANGLE_HEAD_STALE",
        `Tangle block ${headBlockId}: the head of message ${head.sequence}, but message ${known} is known; ask for the newest`,
      );
    }
    if (head.sequence - known > maxHeads) {
      throw new MedexError(
        "TANGLE_CHANNEL_TOO_LONG",
        `Tangle message ${head.sequence}: more than ${maxHeads} heads to walk; read from a checkpoint, or raise maxHeads`,
      );
    }
  }
}

/** An announced head must be the one that the chain has at its place. */
function requireSame(
  announced: OpenedHead,
  onChain: { readonly digest: Uint8Array; readonly signer: Uint8Array },
): void {
  if (equalBytes(announced.digest, onChain.digest)) return;
  if (equalBytes(announced.signer, onChain.signer)) throw forkAt(announced.sequence);
  throw new MedexError(
    "TANGLE_SIGNATURE_INVALID",
    `Tangle message ${announced.sequence}: a head is announced whose signer the channel does not have at this place`,
  );
}
