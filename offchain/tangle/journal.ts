import { decodeObject, encodeObject } from "@medexchain/core";
import { z } from "zod";
import { byteSchema } from "./byte-schema.ts";

/**
 * What a writer has done on one channel, in order, kept by its owner. It lets a publication that broke off go on where it was,
 * and keeps the writer from signing two heads for one sequence; so it must survive restarts, and a channel has one. It holds no
 * key, no plaintext and no digest of one; but, for a private channel, the root, with which to read it.
 */
export interface PublicationJournal {
  /** All entries, oldest first. */
  entries(): Promise<readonly Uint8Array[]>;
  /** Adds an entry after all others, durably before it resolves. */
  append(entry: Uint8Array): Promise<void>;
}

/** Keeps entries for the life of the process. */
export function memoryJournal(): PublicationJournal {
  const kept: Uint8Array[] = [];
  return {
    entries: async () => [...kept],
    append: async (entry) => void kept.push(entry),
  };
}

const sequence = z.int().nonnegative();

const journalEntry = z.discriminatedUnion("kind", [
  /** First of all: which channel. */
  z.strictObject({
    kind: z.literal("channel"),
    version: z.literal(1),
    mode: z.enum(["public", "private", "restricted"]),
    root: byteSchema(32),
    channelId: byteSchema(32),
  }),
  /** A message is begun, and whatever was begun and not signed before it is dropped. */
  z.strictObject({
    kind: z.literal("message"),
    sequence,
    /** Of the payload; under the channel's key, so that it tells nothing about it. */
    payloadMac: byteSchema(32),
    /** Plaintext bytes per chunk. */
    chunkBytes: z.int().positive(),
  }),
  /** A chunk of that message is on the Tangle. */
  z.strictObject({
    kind: z.literal("chunk"),
    sequence,
    payloadMac: byteSchema(32),
    index: z.int().nonnegative(),
    block: byteSchema(32),
  }),
  /** A head is signed, and will be attached as it is. */
  z.strictObject({
    kind: z.literal("head"),
    sequence,
    digest: byteSchema(32),
    /** What goes into the block. */
    box: z.instanceof<typeof Uint8Array<ArrayBufferLike>>(Uint8Array),
    signedBy: byteSchema(32),
    /** The epoch after it. */
    epoch: z.strictObject({
      number: z.int().nonnegative(),
      signer: byteSchema(32),
      sideKey: byteSchema(32).nullable(),
    }),
  }),
  /** The signed head is on the Tangle. */
  z.strictObject({ kind: z.literal("attached"), sequence, block: byteSchema(32) }),
]);

export type JournalEntry = z.infer<typeof journalEntry>;
export type SignedHead = Extract<JournalEntry, { kind: "head" }>;

export function encodeEntry(entry: JournalEntry): Uint8Array {
  return encodeObject(entry);
}

/** @throws MedexError TANGLE_JOURNAL_INVALID */
export function parseEntry(bytes: Uint8Array): JournalEntry {
  return decodeObject(bytes, journalEntry, "the Tangle journal's entry", "TANGLE_JOURNAL_INVALID");
}
