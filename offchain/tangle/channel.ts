import { ed25519 } from "@noble/curves/ed25519.js";
import { MedexError } from "../errors.ts";

/**
 * Channels over IOTA tagged-data blocks (after Masked Authenticated Messaging). A channel belongs to an Ed25519 key, whose
 * public half is its root. A message is a head block that lists chunk blocks; the reader is told the head's block id.
 * `restricted` mode, the one here: who reads must know the root and a side key. A mode is a way to make `ChannelKeys`
 * (keys.ts); the rest is the same for all.
 */
export interface ChannelAuthor {
  /** Ed25519 secret key, 32 bytes (RFC 8032). The owner wipes it. */
  readonly secretKey: Uint8Array;
}

/** Which message of which channel: bound into every key, tag, box and signature. */
export interface MessageSlot {
  /** Ed25519 public key of the author, 32 bytes. */
  readonly root: Uint8Array;
  /** What the channel is for, 32 bytes: a request id. */
  readonly channelId: Uint8Array;
  /** Which message in the channel, from 0, at most 2^53 − 1. */
  readonly sequence: number;
}

/** The channel root of an author: its Ed25519 public key, 32 bytes. */
export function channelRootOf(author: ChannelAuthor): Uint8Array {
  requireBytes("author's secret key", author.secretKey, 32);
  return ed25519.getPublicKey(author.secretKey);
}

/** @throws MedexError INPUT_INVALID */
export function requireSlot({ root, channelId, sequence }: MessageSlot): void {
  requireBytes("channel root", root, 32);
  requireBytes("channel id", channelId, 32);
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
