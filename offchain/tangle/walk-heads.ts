import { MedexError } from "@medexchain/core";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Channel } from "./channel.ts";
import type { TangleClient } from "./client.ts";
import { type OpenedHead, openHead } from "./head.ts";
import type { ChannelKeys } from "./keys.ts";
import { requireNext } from "./verify-heads.ts";

/** A head and the block that it was read from. */
export interface LocatedHead {
  readonly head: OpenedHead;
  /** 0x and 64 hex digits. */
  readonly headBlockId: string;
}

/**
 * Walks from a head back to the channel's start, or to the head after a known one, by the links. The core REST API finds blocks by
 * id alone, so heads come one after the other.
 *
 * @param newest where to start
 * @param known the sequence of the last known head; -1 to walk to the start
 * @returns oldest first, `newest` last; the signers are still to be verified
 * @throws MedexError TANGLE_CHANNEL_GAP, and what `openHead` and `TangleClient.fetch` throw
 */
export async function walkHeads(
  client: TangleClient,
  channel: Channel,
  candidates: readonly ChannelKeys[],
  newest: LocatedHead,
  known: number,
): Promise<LocatedHead[]> {
  const walked = [newest];
  let current = newest;
  while (current.head.sequence > known + 1) {
    const { sequence, previous } = current.head;
    requireNext(current.head, sequence - 1);
    if (previous === null) throw new RangeError("a head after the first has a link"); // requireNext has seen to it
    const headBlockId = `0x${bytesToHex(previous.block)}`;
    const block = await client.fetch(headBlockId);
    // the tag says which message it is; openHead refuses any other sequence
    const head = openLinked(candidates, channel, block, sequence - 1);
    current = { head, headBlockId };
    walked.push(current);
  }
  return walked.reverse();
}

function openLinked(
  candidates: readonly ChannelKeys[],
  channel: Channel,
  block: Parameters<typeof openHead>[2],
  sequence: number,
): OpenedHead {
  try {
    return openHead(candidates, channel, block, sequence);
  } catch (error) {
    if (!MedexError.is(error, "TANGLE_CHANNEL_MISMATCH")) throw error;
    throw new MedexError(
      "TANGLE_CHANNEL_GAP",
      `Tangle message ${sequence + 1}: the block before it is not the head of message ${sequence}, or its side key is missing`,
      { cause: error },
    );
  }
}
