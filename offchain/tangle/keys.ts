import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { type MessageSlot, requireBytes } from "./channel.ts";

/** The symmetric keys of one channel: 32 bytes each. Wipe with `wipe` when done. */
export interface ChannelKeys {
  readonly tag: Uint8Array;
  readonly head: Uint8Array;
  readonly chunk: Uint8Array;
}

export const TAG_BYTES = 32;

/**
 * The keys of a restricted channel: HKDF-SHA-256 (RFC 5869) of the side key, salted with the root, labelled, and bound to
 * the channel id. Both are needed: the root is public to the parties, the side key is the secret.
 *
 * @param sideKey 32 bytes
 */
export function restrictedKeys({ root, channelId }: MessageSlot, sideKey: Uint8Array): ChannelKeys {
  requireBytes("side key", sideKey, 32);
  const derive = (purpose: string): Uint8Array => {
    const info = concatBytes(utf8ToBytes(`medexchain/v1/tangle/restricted/${purpose}`), channelId);
    return hkdf(sha256, sideKey, root, info, 32);
  };
  return { tag: derive("tag"), head: derive("head"), chunk: derive("chunk") };
}

/** Overwrites the keys. */
export function wipe(keys: ChannelKeys): void {
  for (const key of [keys.tag, keys.head, keys.chunk]) key.fill(0);
}

/**
 * The tag of a block: pseudo-random to all who lack the key, so that blocks of one channel cannot be linked by it.
 *
 * @param index of the chunk, or "head"
 * @returns 32 bytes
 */
export function blockTag(keys: ChannelKeys, sequence: number, index: number | "head"): Uint8Array {
  const text = index === "head" ? `head/${sequence}` : `chunk/${sequence}/${index}`;
  return hmac(sha256, keys.tag, utf8ToBytes(text));
}
