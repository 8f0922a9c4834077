import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { attachChunks } from "./attach-chunks.ts";
import { blockIdBytes } from "./block.ts";
import { type BoxStore, MAX_INLINE_CHUNKS, storeBoxes } from "./box-store.ts";
import { type Channel, type ChannelAccess, type ChannelAuthor, channelRootOf, requireBytes } from "./channel.ts";
import type { Checkpoint, Epoch } from "./checkpoint.ts";
import { chunkBytesFor } from "./chunks.ts";
import type { TangleClient } from "./client.ts";
import { consentToRotation, type HeadBody, openHead, sealHead } from "./head.ts";
import type { PublicationJournal } from "./journal.ts";
import { type Draft, JournalState, type Signed } from "./journal-state.ts";
import { blockTag, type ChannelKeys, channelKeys, wipe } from "./keys.ts";
import { digestOfSource, type PayloadSource, sourceOf } from "./payload-source.ts";
import { firstEpoch } from "./verify-heads.ts";

export interface WriterOptions {
  readonly client: TangleClient;
  /** For what is too large for `MAX_INLINE_CHUNKS` blocks; without it a message is cut into as many blocks as it takes. */
  readonly boxStore?: BoxStore;
  /** The channel's author now: the first, or the one that the last rotation named. */
  readonly author: ChannelAuthor;
  /** Of a restricted channel, the last side key is the one to write under. */
  readonly access: ChannelAccess;
  /** 32 bytes, for example a request id. */
  readonly channelId: Uint8Array;
  /** This channel's own. When it is empty the channel begins, and the author's public key is its root. */
  readonly journal: PublicationJournal;
}

/** Milliseconds: `create` is encryption and signature, `attach` is proof of work and posting; of this call alone. */
export interface PublishTimings {
  readonly create: number;
  readonly attach: number;
}

const NO_TIME: PublishTimings = { create: 0, attach: 0 };

export interface PublishedHead {
  readonly sequence: number;
  /** What readers must be told, for example on a chain: 0x and 64 hex digits, 32 bytes. */
  readonly headBlockId: string;
  readonly timings: PublishTimings;
}

export interface PublishedMessage extends PublishedHead {
  /** In order; empty where the payload is in boxes. */
  readonly chunkBlockIds: readonly string[];
}

export interface MessageOptions {
  /** Makes the call repeatable: if that message is out already with this payload, its result is returned. */
  readonly sequence?: number;
  /** Told how many bytes of the payload are out, after each block or box. */
  readonly onStored?: (bytes: number) => void;
}

/** The keys that a channel is handed to. */
export interface NewKeys {
  readonly author: ChannelAuthor;
  /** 32 bytes, for restricted channels; without it the side key stays. Readers get it from the author, not through the channel. */
  readonly sideKey?: Uint8Array;
}

/**
 * The author's end of a channel: numbers messages, links each head to the one before, and remembers in the journal what is out.
 * It owns copies of the keys and wipes them on disposal.
 */
export class ChannelWriter {
  readonly #client: TangleClient;
  readonly #boxStore: BoxStore | undefined;
  readonly #state: JournalState;
  #secretKey: Uint8Array;
  #keys: ChannelKeys;
  #busy = false;

  private constructor(
    { client, boxStore }: Pick<WriterOptions, "client" | "boxStore">,
    state: JournalState,
    secretKey: Uint8Array,
    keys: ChannelKeys,
  ) {
    this.#client = client;
    this.#boxStore = boxStore;
    this.#state = state;
    this.#secretKey = secretKey;
    this.#keys = keys;
  }

  /**
   * Opens a channel for writing, where its journal ends. Nothing is sent yet.
   *
   * @throws MedexError TANGLE_JOURNAL_INVALID (damaged, or of another channel), TANGLE_CHANNEL_MISMATCH (author or side key are not
   *   the channel's now), INPUT_INVALID
   */
  static async open(options: WriterOptions): Promise<ChannelWriter> {
    const { author, access, channelId, journal } = options;
    requireBytes("channel id", channelId, 32);
    const publicKey = channelRootOf(author);
    // refuses malformed keys before the journal begins
    wipe(channelKeys({ mode: access.mode, root: publicKey, channelId }, access));
    const state = await JournalState.load(journal, { mode: access.mode, channelId }, publicKey);
    const all = channelKeys(state.channel, access);
    const keys = all.at(-1);
    if (keys === undefined) throw new RangeError("channelKeys gives at least one set");
    wipe(all.slice(0, -1));
    const epoch = state.last?.head.epoch ?? firstEpoch(state.channel);
    const sideKeyFits = epoch.sideKey === null || (keys.commitment && equalBytes(keys.commitment, epoch.sideKey));
    if (!equalBytes(publicKey, epoch.signer) || !sideKeyFits) {
      wipe([keys]);
      throw new MedexError(
        "TANGLE_CHANNEL_MISMATCH",
        "Tangle channel: the author's key or the side key is not the channel's now; use those of its last rotation",
      );
    }
    return new ChannelWriter(options, state, Uint8Array.from(author.secretKey), keys);
  }

  get channel(): Channel {
    return this.#state.channel;
  }

  /** The newest head on the Tangle; undefined before the first. */
  get newest(): { readonly sequence: number; readonly headBlockId: string } | undefined {
    const { last } = this.#state;
    return last && { sequence: last.head.sequence, headBlockId: hexId(last.block) };
  }

  /** For a reader that joins now and is to read only what follows; undefined before the first message. */
  get checkpoint(): Checkpoint | undefined {
    const { last, channel } = this.#state;
    if (last === undefined) return undefined;
    const { sequence, digest, signedBy, epoch } = last.head;
    return { version: 1, ...channel, sequence, digest, signedBy, epoch };
  }

  /**
   * Publishes a message: its chunks in parallel, then the signed head that lists them. One that needs more than `MAX_INLINE_CHUNKS`
   * blocks goes into boxes in the store, and the head lists their digests. When it throws, call it again with the same payload, after
   * opening the channel again if need be: what is out is checked and not done again, and a head that was signed goes out as it was.
   *
   * @param payload 1 byte to about 940 MB (`MAX_CHUNKS` boxes), without a store to about 17 MB; in boxes it is read part by part
   * @throws MedexError TANGLE_PUBLICATION_PENDING (another head is signed and not known to be out: `resume` it first), TANGLE_FORK
   *   (the sequence is taken by another payload, or another writer was first), TANGLE_JOURNAL_INVALID, INPUT_INVALID, and
   *   whatever `TangleClient.attach` throws
   */
  publish(payload: Uint8Array | PayloadSource, options: MessageOptions = {}): Promise<PublishedMessage> {
    return this.#alone(async () => {
      const { signed, next } = this.#state;
      const sequence = options.sequence ?? signed?.head.sequence ?? next;
      const source = sourceOf(payload);
      const digest = await digestOfSource(source);
      const payloadMac = this.#macOf(digest);
      if (signed !== undefined && sequence >= signed.head.sequence) {
        const same =
          signed.draft && sequence === signed.head.sequence && equalBytes(signed.draft.payloadMac, payloadMac);
        if (!same) throw pendingError(signed);
        return this.#attachMessage(signed.draft, NO_TIME);
      }
      if (sequence < next) return this.#publishedBefore(sequence, payloadMac);
      if (sequence > next) {
        throw new MedexError("INPUT_INVALID", `Tangle message ${sequence}: message ${next} comes first`);
      }
      const draft = await this.#draft(sequence, payloadMac);
      // What was begun in blocks goes on in blocks.
      const large = source.length > MAX_INLINE_CHUNKS * draft.chunkBytes && draft.blocks.size === 0;
      if (this.#boxStore !== undefined && large) {
        return this.#publishBoxes(this.#boxStore, draft, source, { digest, onStored: options.onStored });
      }
      const { blocks, timings } = await attachChunks({
        client: this.#client,
        keys: this.#keys,
        slot: { channel: this.channel, sequence },
        payload: await source.read(0, source.length),
        chunkBytes: draft.chunkBytes,
        attached: draft.blocks,
        onAttached: async (index, block) => {
          await this.#state.record({ kind: "chunk", sequence, payloadMac, index, block });
          options.onStored?.(Math.min(source.length, draft.blocks.size * draft.chunkBytes));
        },
      });
      const started = performance.now();
      await this.#sign({ kind: "message", chunks: blocks, length: source.length, digest });
      const create = timings.create + (performance.now() - started);
      return this.#attachMessage(draft, { create, attach: timings.attach });
    });
  }

  /** Boxes that an attempt stored before it broke off are of no use to the next, which seals anew: storing costs no proof of work. */
  async #publishBoxes(
    store: BoxStore,
    draft: Draft,
    payload: PayloadSource,
    { digest, onStored }: { readonly digest: Uint8Array; readonly onStored: MessageOptions["onStored"] },
  ): Promise<PublishedMessage> {
    const slot = { channel: this.channel, sequence: draft.sequence };
    const { boxes, timings } = await storeBoxes(store, { keys: this.#keys, slot, payload, onStored });
    const started = performance.now();
    await this.#sign({ kind: "boxes", boxes, length: payload.length, digest });
    return this.#attachMessage(draft, { ...timings, create: timings.create + (performance.now() - started) });
  }

  /**
   * Hands the channel to new keys. From the next message on only heads that the new author signs are the channel's; the new root
   * is signed by the old key, and agrees with a signature of its own. Keep the new keys safe before the call; when it throws, call
   * it again with the same.
   *
   * @throws MedexError as `publish`
   */
  rotate({ author, sideKey }: NewKeys): Promise<PublishedHead> {
    return this.#alone(async () => {
      const newKeys = sideKey === undefined ? undefined : this.#keysUnder(sideKey);
      try {
        const published = await this.#attachRotation(author, newKeys?.commitment);
        this.#adopt(author, newKeys);
        return published;
      } catch (error) {
        if (newKeys !== undefined) wipe([newKeys]);
        throw error;
      }
    });
  }

  /**
   * Attaches a message's head that was signed before a crash, without its payload.
   *
   * @returns undefined when there is none
   * @throws MedexError TANGLE_PUBLICATION_PENDING when it is a rotation's: call `rotate` with the same keys
   */
  resume(): Promise<PublishedMessage | undefined> {
    return this.#alone(async () => {
      const { signed } = this.#state;
      if (signed === undefined) return undefined;
      if (signed.draft === undefined) throw pendingError(signed);
      return this.#attachMessage(signed.draft, NO_TIME);
    });
  }

  /** Wipes the keys. */
  [Symbol.dispose](): void {
    this.#secretKey.fill(0);
    wipe([this.#keys]);
  }

  /** One call at a time: two would take the same number. */
  async #alone<T>(run: () => Promise<T>): Promise<T> {
    if (this.#busy) {
      throw new MedexError(
        "INPUT_INVALID",
        "Tangle channel: the writer is busy; await the call before, then publish the next",
      );
    }
    this.#busy = true;
    try {
      return await run();
    } finally {
      this.#busy = false;
    }
  }

  get #epoch(): Epoch {
    const epoch = this.#state.last?.head.epoch ?? firstEpoch(this.channel);
    return { ...epoch, sideKey: this.#keys.commitment ?? null };
  }

  #keysUnder(sideKey: Uint8Array): ChannelKeys {
    const { mode } = this.channel;
    const [keys] = mode === "restricted" ? channelKeys(this.channel, { mode, sideKeys: [sideKey] }) : [];
    if (keys === undefined) {
      throw new MedexError("INPUT_INVALID", `Tangle channel: a ${mode} channel has no side key to rotate`);
    }
    return keys;
  }

  #macOf(digest: Uint8Array): Uint8Array {
    return hmac(sha256, this.#keys.tag, concatBytes(utf8ToBytes("journal/"), digest));
  }

  /** The message that was begun and broke off, if it is this one, or a new beginning. */
  async #draft(sequence: number, payloadMac: Uint8Array): Promise<Draft> {
    const { draft } = this.#state;
    if (draft?.sequence === sequence && equalBytes(draft.payloadMac, payloadMac)) return draft;
    const chunkBytes = chunkBytesFor(await this.#client.minPowScore());
    await this.#state.record({ kind: "message", sequence, payloadMac, chunkBytes });
    if (this.#state.draft === undefined) throw new RangeError("a recorded message is the draft");
    return this.#state.draft;
  }

  /** Signs the next head, and writes it down before anyone sees it. */
  async #sign(content: HeadBody["content"]): Promise<void> {
    const { last, next } = this.#state;
    const epoch = this.#epoch;
    const previous = last === undefined ? null : { block: last.block, digest: last.head.digest };
    const body = { sequence: next, epoch: epoch.number, previous, content };
    const { box, digest } = sealHead({ secretKey: this.#secretKey }, this.#keys, this.channel, body);
    const after =
      content.kind !== "rotation"
        ? epoch
        : { number: epoch.number + 1, signer: content.signer, sideKey: content.sideKey ?? epoch.sideKey };
    const signedBy = epoch.signer;
    await this.#state.recordHead({ kind: "head", sequence: next, digest, box, signedBy, epoch: after });
  }

  async #attachMessage(draft: Draft, before: PublishTimings): Promise<PublishedMessage> {
    const published = await this.#attachHead(before);
    return { ...published, chunkBlockIds: idsOf(draft) };
  }

  /** Signs the rotation, unless it was signed before a crash, and attaches it. */
  async #attachRotation(author: ChannelAuthor, commitment: Uint8Array | undefined): Promise<PublishedHead> {
    const { channel, signed, next } = this.#state;
    const signer = channelRootOf(author);
    if (signed !== undefined) {
      if (isRotationTo(signed, signer, commitment ?? this.#epoch.sideKey)) return this.#attachHead(NO_TIME);
      throw pendingError(signed);
    }
    const started = performance.now();
    const consent = consentToRotation(author, { channel, sequence: next });
    await this.#sign({ kind: "rotation", signer, sideKey: commitment ?? null, consent });
    return this.#attachHead({ create: performance.now() - started, attach: 0 });
  }

  #adopt(author: ChannelAuthor, keys: ChannelKeys | undefined): void {
    this.#secretKey.fill(0);
    this.#secretKey = Uint8Array.from(author.secretKey);
    if (keys === undefined) return;
    wipe([this.#keys]);
    this.#keys = keys;
  }

  /** Attaches the signed head. It may be out already, in a block that nobody heard of: a second one holds the same head. */
  async #attachHead({ create, attach }: PublishTimings): Promise<PublishedHead> {
    const { signed } = this.#state;
    if (signed === undefined) throw new RangeError("a head was signed");
    const { sequence, box, digest } = signed.head;
    const tag = blockTag(this.#keys, sequence, "head");
    const opened = openHead([this.#keys], this.channel, { tag, data: box }, sequence);
    if (!equalBytes(opened.digest, digest)) {
      throw new MedexError("TANGLE_JOURNAL_INVALID", `Tangle journal: the head of message ${sequence} is damaged`);
    }
    const started = performance.now();
    const headBlockId = await this.#client.attach(tag, box);
    const timings = { create, attach: attach + (performance.now() - started) };
    await this.#state.record({ kind: "attached", sequence, block: blockIdBytes(headBlockId) });
    return { sequence, headBlockId, timings };
  }

  #publishedBefore(sequence: number, payloadMac: Uint8Array): PublishedMessage {
    const settled = this.#state.settled[sequence];
    if (settled?.draft === undefined || !equalBytes(settled.draft.payloadMac, payloadMac)) {
      throw new MedexError(
        "TANGLE_FORK",
        `Tangle message ${sequence}: it is already published with other content, and a second head would be a fork; use the next number`,
      );
    }
    return { sequence, headBlockId: hexId(settled.block), chunkBlockIds: idsOf(settled.draft), timings: NO_TIME };
  }
}

function isRotationTo({ draft, head }: Signed, signer: Uint8Array, sideKey: Uint8Array | null): boolean {
  const { epoch } = head;
  const sameSideKey =
    epoch.sideKey === null ? sideKey === null : sideKey !== null && equalBytes(epoch.sideKey, sideKey);
  return draft === undefined && equalBytes(epoch.signer, signer) && sameSideKey;
}

function pendingError({ head: { sequence }, draft }: Signed): MedexError {
  const what = draft === undefined ? "call rotate with the same keys" : "call resume, or publish the same payload,";
  return new MedexError(
    "TANGLE_PUBLICATION_PENDING",
    `Tangle message ${sequence}: its head is signed and must go out first; ${what} before anything else`,
  );
}

function idsOf({ blocks }: Draft): string[] {
  return [...blocks].sort(([a], [b]) => a - b).map(([, block]) => hexId(block));
}

function hexId(block: Uint8Array): string {
  return `0x${bytesToHex(block)}`;
}
