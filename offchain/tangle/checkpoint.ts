import { decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { z } from "zod";
import { byteSchema } from "./byte-schema.ts";
import type { Channel } from "./channel.ts";

const epoch = z.strictObject({
  /** How many rotations came before. */
  number: z.int().nonnegative(),
  /** The author's Ed25519 public key. */
  signer: byteSchema(32),
  /** Commitment to the side key; null while none was seen, and in a mode without side keys. */
  sideKey: byteSchema(32).nullable(),
});

const checkpoint = z.strictObject({
  version: z.literal(1),
  mode: z.enum(["public", "private", "restricted"]),
  root: byteSchema(32),
  channelId: byteSchema(32),
  /** Of the last head that was verified. */
  sequence: z.int().nonnegative(),
  /** Of that head. */
  digest: byteSchema(32),
  /** Whose signature that head has. */
  signedBy: byteSchema(32),
  /** What the next head must obey. */
  epoch,
});

/** Under which keys a stretch of a channel is written. */
export type Epoch = z.infer<typeof epoch>;

/**
 * How far a channel was verified. Whoever keeps it need not read the channel from its start, and notices if the author's history
 * changes (a fork) or an old head is passed off as the newest. It holds no secret but, in a private channel, the root.
 */
export type Checkpoint = z.infer<typeof checkpoint>;

/** A checkpoint as DAG-CBOR, to keep or to hand to a new reader. */
export function encodeCheckpoint(value: Checkpoint): Uint8Array {
  return encodeObject(value);
}

/** @throws MedexError INPUT_INVALID */
export function parseCheckpoint(bytes: Uint8Array): Checkpoint {
  return decodeObject(bytes, checkpoint, "the Tangle checkpoint", "INPUT_INVALID");
}

/** @throws MedexError INPUT_INVALID when the checkpoint is of another channel */
export function requireCheckpointOf(channel: Channel, { mode, root, channelId }: Checkpoint): void {
  const same = mode === channel.mode && equalBytes(root, channel.root) && equalBytes(channelId, channel.channelId);
  if (!same) throw new MedexError("INPUT_INVALID", "Tangle checkpoint: it belongs to another channel");
}
