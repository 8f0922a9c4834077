/**
 * Payloads to batching slots, and back.
 *
 * Numeric slots hold each measured number once more, as a fixed-point integer, in the order of the features, in ciphertexts
 * of their own, so that sums and products can be taken slot by slot. A value of several lines (a column of a table) has one
 * number, and one slot, for each line.
 *
 * Byte slots hold the payload at as many whole bytes per slot as `t` admits: in files of version 1, and under a profile's public key. All
 * other files have it in the coefficients of a byte set, which holds more (`byte-ciphertexts.ts`).
 */

import type { BfvContext } from "./context.ts";
import {
  type DecodedFeature,
  damaged,
  decodeSequence,
  disagreement,
  encodeSequence,
  type PlainFeatures,
} from "./payload.ts";
import type { ProfileName } from "./profiles.ts";

/** Slot values, ciphertext by ciphertext; each array has `degree` entries. */
export interface EncodedPayload {
  readonly bytes: readonly BigInt64Array[];
  readonly numeric: readonly BigInt64Array[];
}

/** The largest integer that a slot holds, either way. */
export function slotLimit({ plainModulus }: BfvContext): bigint {
  return (plainModulus - 1n) / 2n;
}

function bytesPerSlot(bfv: BfvContext): number {
  return Math.floor((bfv.plainModulus.toString(2).length - 1) / 8);
}

function* bytesToSlots(bfv: BfvContext, bytes: Uint8Array): Generator<BigInt64Array, void, undefined> {
  const width = bytesPerSlot(bfv);
  const perCiphertext = width * bfv.degree;
  const slots = new BigInt64Array(bfv.degree);
  for (let part = 0; part * perCiphertext < bytes.length; part++) {
    slots.fill(0n);
    const chunk = bytes.subarray(part * perCiphertext, (part + 1) * perCiphertext);
    const words = new Int32Array(slots.buffer); // little-endian halves: a slot of bytes fits the lower one
    for (let i = 0; i < chunk.length; i += width) {
      let value = 0;
      for (let j = width - 1; j >= 0; j--) value = value * 256 + (chunk[i + j] ?? 0);
      words[(i / width) * 2] = value;
    }
    yield slots;
  }
}

function slotsToBytes(bfv: BfvContext, parts: Iterable<BigInt64Array>, count: number): Uint8Array {
  const width = bytesPerSlot(bfv);
  const bytes = new Uint8Array(count * bfv.degree * width);
  // What a slot's halves are below. A negative one has the highest bit of the upper half.
  const below = 256 ** Math.min(width, 4);
  const belowHigh = 256 ** Math.max(width - 4, 0);
  let position = 0;
  for (const slots of parts) {
    const halves = new Uint32Array(slots.buffer, slots.byteOffset, 2 * slots.length); // little-endian
    for (let i = 0; i < halves.length; i += 2) {
      const low = halves[i] ?? 0;
      const high = halves[i + 1] ?? 0;
      if (low >= below || high >= belowHigh) throw damaged();
      for (let j = 0; j < width; j++) bytes[position++] = j < 4 ? low >>> (8 * j) : high >>> (8 * (j - 4));
    }
  }
  return bytes;
}

/** Integers as slots, ciphertext by ciphertext. */
export function numericToSlots({ degree }: BfvContext, integers: readonly bigint[]): BigInt64Array[] {
  return Array.from({ length: Math.ceil(integers.length / degree) }, (_, part) => {
    const slots = new BigInt64Array(degree);
    slots.set(integers.slice(part * degree, (part + 1) * degree));
    return slots;
  });
}

/**
 * Encodes features.
 * @throws FEATURE_OUT_OF_RANGE names the feature whose number does not fit a slot
 * @throws INPUT_INVALID more than 40 MiB
 */
export function encodePayload(bfv: BfvContext, profile: ProfileName, features: PlainFeatures): EncodedPayload {
  const { bytes, numeric } = layPayloadOut(bfv, profile, features);
  return { bytes: Array.from(bytes, (slots) => slots.slice()), numeric };
}

/** A payload whose byte slots, four to eight times as large as the bytes, are made one ciphertext at a time. */
export interface PayloadLayout extends Omit<EncodedPayload, "bytes"> {
  /** To be gone through once; each is good until the next one is asked for. */
  readonly bytes: Iterable<BigInt64Array>;
}

/** As `encodePayload`: all is checked at once, and the byte slots come as they are asked for. */
export function layPayloadOut(bfv: BfvContext, profile: ProfileName, features: PlainFeatures): PayloadLayout {
  const { sequence, integers } = encodeSequence(profile, features, () => slotLimit(bfv));
  return { bytes: bytesToSlots(bfv, sequence), numeric: numericToSlots(bfv, integers) };
}

/**
 * Decodes features, and checks that both encodings of each number agree.
 *
 * @param encoded whose byte slots are gone through once
 * @param count of the ciphertexts of byte slots
 * @throws FRAGMENT_INVALID wrong key, damaged, or encodings that disagree
 */
export function decodePayload(
  bfv: BfvContext,
  profile: ProfileName,
  encoded: PayloadLayout,
  count: number,
): DecodedFeature[] {
  const bytes = slotsToBytes(bfv, encoded.bytes, count);
  const { features, integers } = decodeSequence(profile, bytes, () => slotLimit(bfv));
  requireNumbers(bfv, features, integers, encoded.numeric);
  return features;
}

/**
 * That numeric slots hold the features' numbers, and nothing else.
 * @throws FRAGMENT_INVALID
 */
export function requireNumbers(
  bfv: BfvContext,
  features: readonly DecodedFeature[],
  integers: readonly bigint[],
  numeric: readonly BigInt64Array[],
): void {
  const expected = numericToSlots(bfv, integers);
  if (expected.length !== numeric.length) throw disagreement(undefined);
  for (const [part, slots] of numeric.entries()) {
    const right = expected[part];
    if (right === undefined || slots.length !== right.length || slots.some((each, at) => each !== right[at])) {
      const wrong = slots.findIndex((slot, i) => slot !== right?.[i]);
      const slot = part * bfv.degree + wrong;
      const isOf = ({ numeric: place }: DecodedFeature): boolean =>
        place !== undefined && slot >= place.slot && slot < place.slot + place.count;
      throw disagreement(features.find(isOf)?.index);
    }
  }
}
