/**
 * Features as one sequence of bytes, and back: u32be length ‖ SHA-256 ‖ DAG-CBOR of `[index, isText, value, salt, scale]` per feature. The layout
 * (lengths, scales, salts) is thereby inside the encryption. The digest tells a wrong key from a right one; it is no authentication, since
 * whoever has the public key can encrypt. Whatever follows the sequence is zero.
 */

import { createSha256, MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { numberLines, toFixedPoint } from "./fixed-point.ts";
import { encodeList, type PayloadRow, rowsOf } from "./payload-rows.ts";
import type { FragmentProfile } from "./profiles.ts";

/** A feature to encrypt. */
export interface PlainFeature {
  /** Position in the record. */
  readonly index: number;
  /** For error messages only; it is not stored. */
  readonly name: string;
  /** The exact text of the value, or bytes. */
  readonly value: string | Uint8Array;
  /** Opens the feature's commitment; private features have one. */
  readonly salt?: Uint8Array;
  /** Ask for a numeric slot for each line of the text. `scale`: decimal digits; by default as many as the text has. */
  readonly numeric?: { readonly scale?: number };
}

/** Features to encrypt, to be gone through once. */
export type PlainFeatures = Iterable<PlainFeature> & { readonly length: number };

/** A feature that was decrypted. */
export interface DecodedFeature {
  readonly index: number;
  readonly value: string | Uint8Array;
  readonly salt?: Uint8Array;
  /** Present on features with numeric slots: the first one, how many there are, and the scale of their integers. */
  readonly numeric?: { readonly slot: number; readonly count: number; readonly scale: number };
}

/** A payload as bytes, and the integers of its numeric slots. */
export interface Payload {
  readonly sequence: Uint8Array;
  readonly integers: readonly bigint[];
}

const DIGEST_LENGTH = 32;
const PREFIX_LENGTH = 4 + DIGEST_LENGTH;
/** Bytes of one payload: above what a JSON document of 16 MiB comes to, with indices and salts. */
const MAX_PAYLOAD_LENGTH = 40 * 1024 * 1024;

/**
 * @param domain a profile whose slots hold the bytes; `bytes` where the coefficients of a byte set do
 */
function digestOf(domain: FragmentProfile, body: Uint8Array): Uint8Array {
  return createSha256()
    .update(utf8ToBytes(`medexchain/v1/bfv/payload\0${domain}\0`))
    .update(body)
    .digest();
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw damaged();
  }
}

/** What every fragment that does not decrypt is refused with. */
export function damaged(cause?: unknown): MedexError {
  return new MedexError(
    "FRAGMENT_INVALID",
    "the fragment does not decrypt: the key is wrong or the bytes are damaged",
    { cause },
  );
}

/** That a number's two encodings differ. */
export function disagreement(index: number | undefined): MedexError {
  const what = index === undefined ? "the numeric slots" : `feature ${index}: its numeric slot`;
  return new MedexError(
    "FRAGMENT_INVALID",
    `${what} and the exact value disagree: ask the sender for the fragment again`,
  );
}

/** The numbers of a value, one a line, at one scale; undefined if there is one that is no number or does not fit a slot. */
function fixedPointsOf(
  value: string | Uint8Array,
  wanted: number | undefined,
  limit: bigint,
): { integers: bigint[]; scale: number } | undefined {
  if (typeof value !== "string") return undefined;
  const lines = numberLines(value);
  const scale = wanted ?? Math.max(...lines.map((line) => toFixedPoint(line)?.scale ?? Number.NaN));
  const integers: bigint[] = [];
  for (const line of lines) {
    const integer = toFixedPoint(line, scale)?.integer;
    if (integer === undefined || integer > limit || integer < -limit) return undefined;
    integers.push(integer);
  }
  return { integers, scale };
}

/**
 * Encodes features.
 * @param limit of a slot's integer, either way; asked for where there is a number
 * @throws FEATURE_OUT_OF_RANGE names the feature whose number does not fit a slot
 * @throws INPUT_INVALID more than 40 MiB
 */
export function encodeSequence(domain: FragmentProfile, features: PlainFeatures, limit: () => bigint): Payload {
  const integers: bigint[] = [];
  const toRow = (feature: PlainFeature): PayloadRow => {
    const { index, name, value, salt, numeric } = feature;
    const [isText, bytes] = typeof value === "string" ? [true, utf8ToBytes(value)] : [false, value];
    if (numeric === undefined) return [index, isText, bytes, salt ?? null, null];
    const numbers = fixedPointsOf(value, numeric.scale, limit());
    if (numbers === undefined) {
      throw new MedexError(
        "FEATURE_OUT_OF_RANGE",
        `${name}: a value is not a number, or its fixed-point integer is not within ±${limit()}: use a smaller scale or the compute profile`,
      );
    }
    for (const integer of numbers.integers) integers.push(integer);
    return [index, isText, bytes, salt ?? null, numbers.scale];
  };
  const sequence = encodeList(features, toRow, PREFIX_LENGTH);
  const body = sequence.subarray(PREFIX_LENGTH);
  if (body.length > MAX_PAYLOAD_LENGTH) {
    throw new MedexError("INPUT_INVALID", `the fragment has ${body.length} bytes, more than 40 MiB: split the record`);
  }
  new DataView(sequence.buffer).setUint32(0, body.length);
  sequence.set(digestOf(domain, body), 4);
  return { sequence, integers };
}

/**
 * Decodes features.
 * @param bytes the sequence, and zeros
 * @returns the integers that the numeric slots must hold
 * @throws FRAGMENT_INVALID wrong key, or damaged
 */
export function decodeSequence(
  domain: FragmentProfile,
  bytes: Uint8Array,
  limit: () => bigint,
): { features: DecodedFeature[]; integers: bigint[] } {
  if (bytes.length < PREFIX_LENGTH) throw damaged();
  const end = PREFIX_LENGTH + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const body = bytes.subarray(PREFIX_LENGTH, end);
  if (end > bytes.length || !equalBytes(bytes.subarray(4, PREFIX_LENGTH), digestOf(domain, body))) throw damaged();
  for (let i = end; i < bytes.length; i++) if (bytes[i] !== 0) throw damaged();

  const integers: bigint[] = [];
  const features: DecodedFeature[] = [];
  for (const row of readable(rowsOf(body))) {
    const [index, isText, content, salt, scale] = row;
    const value = isText ? textOf(content) : content;
    const feature = { index, value, ...(salt && { salt }) };
    if (scale === null) {
      features.push(feature);
      continue;
    }
    const numbers = fixedPointsOf(value, scale, limit());
    if (numbers === undefined) throw disagreement(index);
    features.push({ ...feature, numeric: { slot: integers.length, count: numbers.integers.length, scale } });
    for (const integer of numbers.integers) integers.push(integer);
  }
  return { features, integers };
}

/** Rows, with any error of their reader, whose message could quote the fragment, as one that does not. */
function* readable<T>(rows: Iterable<T>): Generator<T, void, undefined> {
  const each = rows[Symbol.iterator]();
  for (;;) {
    let next: IteratorResult<T>;
    try {
      next = each.next();
    } catch {
      throw damaged();
    }
    if (next.done) return;
    yield next.value;
  }
}
