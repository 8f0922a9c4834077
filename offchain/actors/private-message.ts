/**
 * What the owner sends on a request's channel: private features under the doctor's BFV key for the record. Before there were such keys, they
 * were under the one that is certified: `v` tells.
 */
import { FRAGMENT_PROFILE_NAMES, type FragmentProfile } from "@medexchain/bfv";
import { decodeObject, encodeObject } from "@medexchain/core";
import { z } from "zod";
import { readItems } from "./byte-items.ts";
import { type PartOutput, sequenceOutput } from "./fragment-parts.ts";
import { type FragmentPieces, parseFragmentPieces } from "./fragment-pieces.ts";

export interface PrivateMessage {
  readonly profile: FragmentProfile;
  /** Whether it is under the doctor's key for the record; else under the certified one. */
  readonly isUnderRecordKey: boolean;
  /** The fragment's parts, to be gone through once. */
  readonly parts: AsyncIterable<FragmentPieces>;
}

const whole = z.strictObject({
  v: z.literal([1, 3]),
  profile: z.enum(FRAGMENT_PROFILE_NAMES),
  /** From `encodeFragmentPieces`. */
  fragment: z.instanceof(Uint8Array),
});
/** What goes before the parts of a long one. */
const opening = z.strictObject({ v: z.literal([2, 4]), profile: z.enum(FRAGMENT_PROFILE_NAMES) });

const WHAT = "the channel's message";

/** Writes a message under a record's key: with one part one document, with several a sequence that begins with the profile. */
export function messageOutput(profile: FragmentProfile, write: (bytes: Uint8Array) => Promise<void>): PartOutput {
  return sequenceOutput(write, {
    single: (fragment) => encodeObject({ v: 3, profile, fragment }),
    opening: encodeObject({ v: 4, profile }),
  });
}

/** @throws TANGLE_MESSAGE_INVALID when it is no such message; FRAGMENT_INVALID, there and as the parts come, for what is in it */
export async function openPrivateMessage(source: AsyncIterable<Uint8Array>): Promise<PrivateMessage> {
  const read = await readItems(source, WHAT, "TANGLE_MESSAGE_INVALID");
  if ("document" in read) {
    const { v, profile, fragment } = decodeObject(read.document, whole, WHAT, "TANGLE_MESSAGE_INVALID");
    return { profile, isUnderRecordKey: v === 3, parts: only(fragment) };
  }
  const { items } = read;
  const first = await items.next();
  const bytes = first.done ? new Uint8Array() : first.value;
  const { v, profile } = decodeObject(bytes, opening, WHAT, "TANGLE_MESSAGE_INVALID");
  return { profile, isUnderRecordKey: v === 4, parts: rest(items) };
}

async function* only(fragment: Uint8Array): AsyncGenerator<FragmentPieces, void, undefined> {
  yield parseFragmentPieces(fragment);
}

async function* rest(items: AsyncIterable<Uint8Array>): AsyncGenerator<FragmentPieces, void, undefined> {
  for await (const item of items) yield parseFragmentPieces(item);
}
