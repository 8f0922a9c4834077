import { MedexError } from "@medexchain/core";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { type Channel, type ChannelAccess, requireBytes, requireChannel } from "./channel.ts";

/** The symmetric keys of one channel: 32 bytes each. Wipe with `wipe` when done. */
export interface ChannelKeys {
  readonly tag: Uint8Array;
  /** Absent in a public channel, where nothing is encrypted. */
  readonly boxes?: { readonly head: Uint8Array; readonly chunk: Uint8Array };
  /**
   * What a rotation signs in place of the side key itself; restricted channels only. It commits to one key, which the boxes do
   * not: XChaCha20-Poly1305 can be made to open under two.
   */
  readonly commitment?: Uint8Array;
}

export const TAG_BYTES = 32;

/**
 * The keys of a channel, one set for each side key in their order, one set in all for a mode without side keys. HKDF-SHA-256
 * (RFC 5869), labelled by mode and bound to the channel id: of the side key, salted with the root, if there is one; else of the
 * root, which then is what a reader must know.
 *
 * @throws MedexError INPUT_INVALID
 */
export function channelKeys(channel: Channel, access: ChannelAccess): ChannelKeys[] {
  requireChannel(channel);
  if (access.mode !== "restricted") return [keysOf(channel, channel.root)];
  if (access.sideKeys.length === 0) {
    throw new MedexError("INPUT_INVALID", "Tangle channel: a restricted channel needs a side key");
  }
  for (const sideKey of access.sideKeys) requireBytes("side key", sideKey, 32);
  return access.sideKeys.map((sideKey) => keysOf(channel, sideKey, channel.root));
}

function keysOf({ mode, channelId }: Channel, secret: Uint8Array, salt?: Uint8Array): ChannelKeys {
  const derive = (purpose: string): Uint8Array => {
    const info = concatBytes(utf8ToBytes(`medexchain/v1/tangle/${mode}/${purpose}`), channelId);
    return hkdf(sha256, secret, salt, info, 32);
  };
  return {
    tag: derive("tag"),
    ...(mode !== "public" && { boxes: { head: derive("head"), chunk: derive("chunk") } }),
    ...(mode === "restricted" && { commitment: derive("commitment") }),
  };
}

/** Overwrites the keys. */
export function wipe(keys: readonly ChannelKeys[]): void {
  for (const { tag, boxes } of keys) for (const key of [tag, boxes?.head, boxes?.chunk]) key?.fill(0);
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
