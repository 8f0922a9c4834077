/** The rows of a payload as DAG-CBOR, one by one, as both the encoder and the decoder of all CBOR take many times the memory of what they read or write. */

import { encode } from "@ipld/dag-cbor";

/** A feature: its text as bytes, since a CBOR decoder may take a byte order mark off a string. */
export type PayloadRow = [
  index: number,
  isText: boolean,
  content: Uint8Array,
  salt: Uint8Array | null,
  scale: number | null,
];

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
export function encodeList<T>(
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
export function* rowsOf(body: Uint8Array): Generator<PayloadRow, void, undefined> {
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
