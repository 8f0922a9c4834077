/**
 * Features to batching slots, and back.
 *
 * Byte slots hold one sequence: u32be length ‖ SHA-256 ‖ DAG-CBOR of `[index, isText, value, salt, scale]` per feature ‖ zeros, at as
 * many whole bytes per slot as `t` admits. The layout (lengths, scales, salts) is thereby inside the encryption. The digest
 * tells a wrong key from a right one; it is no authentication, since whoever has the public key can encrypt.
 *
 * Numeric slots hold each measured number once more, as a fixed-point integer, in the order of the features, in ciphertexts
 * of their own, so that sums and products can be taken slot by slot. A value of several lines (a column of a table) has one
 * number, and one slot, for each line.
 */

import { encode } from "@ipld/dag-cbor";
import { createSha256, MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { BfvContext } from "./context.ts";
import { numberLines, toFixedPoint } from "./fixed-point.ts";

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

/** Slot values, ciphertext by ciphertext; each array has `degree` entries. */
export interface EncodedPayload {
  readonly bytes: readonly BigInt64Array[];
  readonly numeric: readonly BigInt64Array[];
}

const DIGEST_LENGTH = 32;
const PREFIX_LENGTH = 4 + DIGEST_LENGTH;
/** Bytes of one payload: above what a JSON document of 16 MiB comes to, with indices and salts. */
const MAX_PAYLOAD_LENGTH = 40 * 1024 * 1024;

/** A feature: its text as bytes, since a CBOR decoder may take a byte order mark off a string. */
type PayloadRow = [index: number, isText: boolean, content: Uint8Array, salt: Uint8Array | null, scale: number | null];

function digestOf(profile: string, body: Uint8Array): Uint8Array {
  return createSha256()
    .update(utf8ToBytes(`medexchain/v1/bfv/payload\0${profile}\0`))
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

function bytesPerSlot(bfv: BfvContext): number {
  return Math.floor((bfv.plainModulus.toString(2).length - 1) / 8);
}

/** The numbers of a value, one a line, at one scale; undefined if there is one that is no number or does not fit a slot. */
function fixedPointsOf(
  bfv: BfvContext,
  value: string | Uint8Array,
  wanted: number | undefined,
): { integers: bigint[]; scale: number } | undefined {
  if (typeof value !== "string") return undefined;
  const lines = numberLines(value);
  const scale = wanted ?? Math.max(...lines.map((line) => toFixedPoint(line)?.scale ?? Number.NaN));
  const limit = (bfv.plainModulus - 1n) / 2n;
  const integers: bigint[] = [];
  for (const line of lines) {
    const integer = toFixedPoint(line, scale)?.integer;
    if (integer === undefined || integer > limit || integer < -limit) return undefined;
    integers.push(integer);
  }
  return { integers, scale };
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

function damaged(cause?: unknown): MedexError {
  return new MedexError(
    "FRAGMENT_INVALID",
    "the fragment does not decrypt: the key is wrong or the bytes are damaged",
    {
      cause,
    },
  );
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

function numericToSlots(bfv: BfvContext, integers: readonly bigint[]): BigInt64Array[] {
  return Array.from({ length: Math.ceil(integers.length / bfv.degree) }, (_, part) => {
    const slots = new BigInt64Array(bfv.degree);
    slots.set(integers.slice(part * bfv.degree, (part + 1) * bfv.degree));
    return slots;
  });
}

/** CBOR's major type of arrays, and how its length is written in 4 bytes (RFC 8949, 3.1). */
const ARRAY_HEADERS = [
  { below: 24, header: (count: number) => [0x80 | count] },
  { below: 1 << 8, header: (count: number) => [0x98, count] },
  { below: 1 << 16, header: (count: number) => [0x99, count >> 8, count & 255] },
];

function arrayHeader(count: number): number[] {
  const short = ARRAY_HEADERS.find(({ below }) => count < below);
  return short?.header(count) ?? [0x9a, count >>> 24, (count >> 16) & 255, (count >> 8) & 255, count & 255];
}

/**
 * The DAG-CBOR of an array, made item by item: the encoder takes ten times the memory of what it encodes at once.
 * @param room bytes to leave free before it
 */
function encodeList<T>(
  items: Iterable<T> & { readonly length: number },
  toValue: (item: T) => unknown,
  room: number,
): Uint8Array {
  let bytes = new Uint8Array(1 << 12);
  let length = room;
  const append = (part: ArrayLike<number>): void => {
    if (length + part.length > bytes.length) {
      const larger = new Uint8Array(Math.max(2 * bytes.length, length + part.length));
      larger.set(bytes.subarray(0, length));
      bytes = larger;
    }
    bytes.set(part, length);
    length += part.length;
  };
  append(arrayHeader(items.length));
  for (const item of items) append(encode(toValue(item)));
  return bytes.subarray(0, length);
}

/** CBOR's major types that a row has. */
const UNSIGNED = 0;
const BYTES = 2;
const ARRAY = 4;
const SIMPLE = 7;

/** Its simple values that a row has. */
const FALSE = 20;
const TRUE = 21;
const NULL = 22;

/**
 * The rows of a payload, decoded one by one: the decoder of all CBOR takes some hundred bytes for each item of what it decodes at once, and
 * several times as long.
 * @throws Error not such rows
 */
function* rowsOf(body: Uint8Array): Generator<PayloadRow, void, undefined> {
  const whole = readHeader(body, 0);
  if (whole.major !== ARRAY) throw new Error("no array");
  let at = whole.next;
  for (let i = 0; i < whole.value; i++) {
    const { row, next } = readRow(body, at);
    yield row;
    at = next;
  }
  if (at !== body.length) throw new Error("bytes follow the last row");
}

function readRow(body: Uint8Array, start: number): { row: PayloadRow; next: number } {
  const list = readHeader(body, start);
  if (list.major !== ARRAY || list.value !== 5) throw new Error("no row");
  const index = readHeader(body, list.next);
  const isText = readHeader(body, index.next);
  const content = readHeader(body, isText.next);
  const salt = readHeader(body, content.next + content.value);
  const scale = readHeader(body, salt.next + (salt.major === BYTES ? salt.value : 0));
  const isNull = ({ major, value }: typeof salt): boolean => major === SIMPLE && value === NULL;
  const isRow =
    index.major === UNSIGNED &&
    isText.major === SIMPLE &&
    (isText.value === FALSE || isText.value === TRUE) &&
    content.major === BYTES &&
    (salt.major === BYTES || isNull(salt)) &&
    (scale.major === UNSIGNED || isNull(scale));
  if (!isRow) throw new Error("a row holds something else");
  const row: PayloadRow = [
    index.value,
    isText.value === TRUE,
    body.slice(content.next, content.next + content.value),
    isNull(salt) ? null : body.slice(salt.next, salt.next + salt.value),
    isNull(scale) ? null : scale.value,
  ];
  return { row, next: scale.next };
}

/** The header of a CBOR item (RFC 8949, 3), with a number of up to 4 bytes. */
function readHeader(bytes: Uint8Array, at: number): { major: number; value: number; next: number } {
  const initial = bytes[at] ?? 0xff;
  const information = initial & 31;
  if (information > 26) throw new Error("no item of a payload");
  const length = information < 24 ? 0 : 1 << (information - 24);
  if (at + 1 + length > bytes.length) throw new Error("cut off");
  let value = length === 0 ? information : 0;
  for (let i = 1; i <= length; i++) value = value * 256 + (bytes[at + i] ?? 0);
  if (length > 0 && value < (length === 1 ? 24 : 256 ** (length / 2)))
    throw new Error("a number is not in its shortest form");
  return { major: initial >> 5, value, next: at + 1 + length };
}

/**
 * Encodes features.
 * @throws FEATURE_OUT_OF_RANGE names the feature whose number does not fit a slot
 * @throws INPUT_INVALID more than 40 MiB
 */
export function encodePayload(bfv: BfvContext, profile: string, features: PlainFeatures): EncodedPayload {
  const { bytes, numeric } = layPayloadOut(bfv, profile, features);
  return { bytes: Array.from(bytes, (slots) => slots.slice()), numeric };
}

/** A payload whose byte slots, four to eight times as large as the bytes, are made one ciphertext at a time. */
export interface PayloadLayout extends Omit<EncodedPayload, "bytes"> {
  /** To be gone through once; each is good until the next one is asked for. */
  readonly bytes: Iterable<BigInt64Array>;
}

/** As `encodePayload`: all is checked at once, and the byte slots come as they are asked for. */
export function layPayloadOut(bfv: BfvContext, profile: string, features: PlainFeatures): PayloadLayout {
  const integers: bigint[] = [];
  const toRow = (feature: PlainFeature): PayloadRow => {
    const { index, name, value, salt, numeric } = feature;
    const [isText, bytes] = typeof value === "string" ? [true, utf8ToBytes(value)] : [false, value];
    if (numeric === undefined) return [index, isText, bytes, salt ?? null, null];
    const numbers = fixedPointsOf(bfv, value, numeric.scale);
    if (numbers === undefined) {
      throw new MedexError(
        "FEATURE_OUT_OF_RANGE",
        `${name}: a value is not a number, or its fixed-point integer is not within ±${(bfv.plainModulus - 1n) / 2n}: use a smaller scale or the compute profile`,
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
  sequence.set(digestOf(profile, body), 4);
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
  profile: string,
  encoded: PayloadLayout,
  count: number,
): DecodedFeature[] {
  const bytes = slotsToBytes(bfv, encoded.bytes, count);
  if (bytes.length < PREFIX_LENGTH) throw damaged();
  const end = PREFIX_LENGTH + new DataView(bytes.buffer).getUint32(0);
  const body = bytes.subarray(PREFIX_LENGTH, end);
  if (end > bytes.length || !equalBytes(bytes.subarray(4, PREFIX_LENGTH), digestOf(profile, body))) throw damaged();
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
    const numbers = fixedPointsOf(bfv, value, scale);
    if (numbers === undefined) throw disagreement(index);
    features.push({ ...feature, numeric: { slot: integers.length, count: numbers.integers.length, scale } });
    for (const integer of numbers.integers) integers.push(integer);
  }
  const expected = numericToSlots(bfv, integers);
  if (expected.length !== encoded.numeric.length) throw disagreement(undefined);
  for (const [part, slots] of encoded.numeric.entries()) {
    const right = expected[part];
    if (right === undefined || !equalBytes(bytesOf(slots), bytesOf(right))) {
      const wrong = slots.findIndex((slot, i) => slot !== right?.[i]);
      const slot = part * bfv.degree + wrong;
      const isOf = ({ numeric }: DecodedFeature): boolean =>
        numeric !== undefined && slot >= numeric.slot && slot < numeric.slot + numeric.count;
      throw disagreement(features.find(isOf)?.index);
    }
  }
  return features;
}

function bytesOf(slots: BigInt64Array): Uint8Array {
  return new Uint8Array(slots.buffer, slots.byteOffset, slots.byteLength);
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

function disagreement(index: number | undefined): MedexError {
  const what = index === undefined ? "the numeric slots" : `feature ${index}: its numeric slot`;
  return new MedexError(
    "FRAGMENT_INVALID",
    `${what} and the exact value disagree: ask the sender for the fragment again`,
  );
}
