import { MedexError } from "@medexchain/core";
import { ed25519 } from "@noble/curves/ed25519.js";

/**
 * Channels over IOTA tagged-data blocks (after Masked Authenticated Messaging). A channel is named by its root, the Ed25519
 * public key of its first author, and by a channel id. A message is a head block that lists chunk blocks; each head names the
 * head before it, so whoever is told the newest head's block id can read the whole channel back and check it.
 */
export interface ChannelAuthor {
  /** Ed25519 secret key, 32 bytes (RFC 8032). The owner wipes it. */
  readonly secretKey: Uint8Array;
}

/**
 * Who can read. Every message is signed in every mode.
 * - `public`: whoever finds the blocks. Nothing is encrypted.
 * - `private`: whoever knows the root, from which the keys are derived; so keep the root among the readers.
 * - `restricted`: whoever knows the root and a side key. The side keys are all that the channel has had, as far as they are
 *   known, the newest last; a writer writes under the last.
 */
export type ChannelAccess =
  | { readonly mode: "public" }
  | { readonly mode: "private" }
  | {
      readonly mode: "restricted";
      /** 32 bytes each, at least one. The owner wipes them. */
      readonly sideKeys: readonly Uint8Array[];
    };

export type ChannelMode = ChannelAccess["mode"];

/** Which channel: bound into every key, tag, box and signature. */
export interface Channel {
  readonly mode: ChannelMode;
  /** Ed25519 public key of the first author, 32 bytes. It stays the channel's name when the author's key is rotated. */
  readonly root: Uint8Array;
  /** What the channel is for, 32 bytes: a request id. */
  readonly channelId: Uint8Array;
}

/** Which message of which channel. */
export interface MessageSlot {
  readonly channel: Channel;
  /** Which message in the channel, from 0, without gaps, at most 2^53 − 1. A rotation takes a number too. */
  readonly sequence: number;
}

/** The channel root of an author: its Ed25519 public key, 32 bytes. */
export function channelRootOf(author: ChannelAuthor): Uint8Array {
  requireBytes("author's secret key", author.secretKey, 32);
  return ed25519.getPublicKey(author.secretKey);
}

/** @throws MedexError INPUT_INVALID */
export function requireChannel({ root, channelId }: Channel): void {
  requireBytes("channel root", root, 32);
  requireBytes("channel id", channelId, 32);
}

/** @throws MedexError INPUT_INVALID */
export function requireSequence(sequence: number): void {
  if (!Number.isSafeInteger(sequence) || sequence < 0) {
    throw new MedexError("INPUT_INVALID", "Tangle channel: the sequence must be a whole number, not negative");
  }
}

/** @throws MedexError INPUT_INVALID */
export function requireBytes(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) {
    throw new MedexError("INPUT_INVALID", `Tangle channel: the ${name} has ${bytes.length} bytes, not ${length}`);
  }
}
