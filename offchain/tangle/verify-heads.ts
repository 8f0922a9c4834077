import { MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import type { Channel } from "./channel.ts";
import type { Checkpoint, Epoch } from "./checkpoint.ts";
import { isConsent, type OpenedHead } from "./head.ts";

/** The keys that a channel begins with: the root signs, and whichever side key opens the first head is the first. */
export function firstEpoch({ root }: Channel): Epoch {
  return { number: 0, signer: root, sideKey: null };
}

/**
 * Verifies heads, oldest first, each against the one before: sequence, link, epoch, signer, side key, and the rotations between
 * epochs.
 *
 * @param after the verified head that they follow; without it they start with the channel
 * @returns the checkpoint at the last head; `after` if there is none
 * @throws MedexError TANGLE_CHANNEL_GAP (a sequence is left out), TANGLE_FORK (they follow another head than `after`),
 *   TANGLE_MESSAGE_INVALID (a link names a head that is not the one before), TANGLE_SIGNATURE_INVALID (a signer that the channel
 *   did not have there), TANGLE_ROTATION_INVALID
 */
export function verifyHeads(
  channel: Channel,
  heads: readonly OpenedHead[],
  after?: Checkpoint,
): Checkpoint | undefined {
  return heads.reduce<Checkpoint | undefined>((before, head) => verifyHead(channel, head, before, after), after);
}

function verifyHead(
  channel: Channel,
  head: OpenedHead,
  before: Checkpoint | undefined,
  known: Checkpoint | undefined,
): Checkpoint {
  requireNext(head, before?.sequence ?? -1);
  const epoch = before?.epoch ?? firstEpoch(channel);
  requireSigner(head, epoch);
  requireLink(head, before, known);
  const sideKey = currentSideKey(head, epoch);
  const { mode, root, channelId } = channel;
  const { sequence, digest, signer } = head;
  const next = epochAfter(channel, head, { ...epoch, sideKey });
  return { version: 1, mode, root, channelId, sequence, digest, signedBy: signer, epoch: next };
}

/** @throws MedexError TANGLE_CHANNEL_GAP unless the head's number is the next one, and it has a link if there is one before */
export function requireNext({ sequence, previous }: OpenedHead, before: number): void {
  if (sequence !== before + 1 || (previous === null) !== (sequence === 0)) {
    throw new MedexError(
      "TANGLE_CHANNEL_GAP",
      `Tangle message ${sequence}: it does not follow message ${before}; a message is left out`,
    );
  }
}

/** @throws MedexError TANGLE_SIGNATURE_INVALID unless the head is of this epoch and signed by its author */
export function requireSigner({ sequence, epoch, signer }: OpenedHead, { number, signer: expected }: Epoch): void {
  if (epoch !== number || !equalBytes(signer, expected)) {
    throw new MedexError(
      "TANGLE_SIGNATURE_INVALID",
      `Tangle message ${sequence}: it is signed by a key that the channel does not have at this place`,
    );
  }
}

function requireLink({ sequence, previous }: OpenedHead, before?: Checkpoint, known?: Checkpoint): void {
  if (before === undefined || previous === null || equalBytes(previous.digest, before.digest)) return;
  if (before === known) throw forkAt(before.sequence);
  throw new MedexError(
    "TANGLE_MESSAGE_INVALID",
    `Tangle message ${sequence}: it names a head before it that is not the one in the block it names`,
  );
}

/** Two heads with one sequence, both signed by the channel's author. */
export function forkAt(sequence: number): MedexError {
  return new MedexError(
    "TANGLE_FORK",
    `Tangle message ${sequence}: the author signed two heads for it; trust neither, and ask the author`,
  );
}

function currentSideKey({ sequence, keys }: OpenedHead, { sideKey }: Epoch): Uint8Array | null {
  const used = keys.commitment ?? null;
  if (sideKey !== null && (used === null || !equalBytes(used, sideKey))) {
    throw new MedexError(
      "TANGLE_ROTATION_INVALID",
      `Tangle message ${sequence}: it is encrypted under another side key than the channel has at this place`,
    );
  }
  return used;
}

function epochAfter(channel: Channel, { sequence, content }: OpenedHead, epoch: Epoch): Epoch {
  if (content.kind !== "rotation") return epoch;
  if (!isConsent(content, { channel, sequence })) {
    throw new MedexError(
      "TANGLE_ROTATION_INVALID",
      `Tangle message ${sequence}: it hands the channel to a key that did not consent`,
    );
  }
  if (content.sideKey !== null && epoch.sideKey === null) {
    throw new MedexError(
      "TANGLE_ROTATION_INVALID",
      `Tangle message ${sequence}: it changes the side key of a channel that has none`,
    );
  }
  return { number: epoch.number + 1, signer: content.signer, sideKey: content.sideKey ?? epoch.sideKey };
}
