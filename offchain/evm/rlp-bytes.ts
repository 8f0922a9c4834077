/** RLP (Yellow Paper, appendix B) of bytes that are there as bytes, and read from bytes that anyone may have written. */

/** A string, or a list of items. Strings are views of what was read. */
export type RlpItem = Uint8Array | readonly RlpItem[];

/** Lists in lists: a header's votes, and a transaction's access list, take four. */
const MOST_DEPTH = 8;

/** The encoding of a string. */
export function rlpString(bytes: Uint8Array): Buffer {
  const [first = 0] = bytes;
  return bytes.length === 1 && first < 0x80 ? Buffer.from(bytes) : Buffer.concat([header(0x80, bytes.length), bytes]);
}

/** The encoding of a list, of its items' encodings. */
export function rlpList(items: readonly Uint8Array[]): Buffer {
  const length = items.reduce((sum, item) => sum + item.length, 0);
  return Buffer.concat([header(0xc0, length), ...items]);
}

/** The encoding of an item. */
export const rlpOf = (item: RlpItem): Buffer =>
  item instanceof Uint8Array ? rlpString(item) : rlpList(item.map(rlpOf));

/**
 * Reads one item, which must be all there is, in its one canonical form: no length longer than it must be, no single byte in a header.
 *
 * @throws RangeError for all else, and for more than eight lists in each other
 */
export function readRlp(bytes: Uint8Array): RlpItem {
  const [item, end] = itemAt(bytes, 0, bytes.length, MOST_DEPTH);
  if (end !== bytes.length) throw new RangeError("RLP: bytes after the item");
  return item;
}

function itemAt(bytes: Uint8Array, at: number, limit: number, depth: number): [item: RlpItem, end: number] {
  const first = byteAt(bytes, at, limit);
  if (first < 0x80) return [bytes.subarray(at, at + 1), at + 1];
  const isList = first >= 0xc0;
  const [start, end] = payloadAt(bytes, at, limit, first - (isList ? 0xc0 : 0x80));
  if (!isList) {
    const string = bytes.subarray(start, end);
    if (string.length === 1 && (string[0] ?? 0) < 0x80)
      throw new RangeError("RLP: a byte that needs no header has one");
    return [string, end];
  }
  if (depth === 0) throw new RangeError(`RLP: more than ${MOST_DEPTH} lists in each other`);
  const items: RlpItem[] = [];
  let next = start;
  while (next < end) {
    const [item, after] = itemAt(bytes, next, end, depth - 1);
    items.push(item);
    next = after;
  }
  return [items, end];
}

/** Where a payload begins and ends, by its header's form: its length, or 55 and the length's own length. */
function payloadAt(bytes: Uint8Array, at: number, limit: number, form: number): [start: number, end: number] {
  if (form <= 55) return within(at + 1, form, limit);
  const digits = form - 55;
  if (digits > 4) throw new RangeError("RLP: a length of more than four bytes");
  let length = 0;
  for (let digit = 1; digit <= digits; digit++) length = 256 * length + byteAt(bytes, at + digit, limit);
  if (length <= 55 || length < 256 ** (digits - 1)) throw new RangeError("RLP: a length is longer than it must be");
  return within(at + 1 + digits, length, limit);
}

function within(start: number, length: number, limit: number): [start: number, end: number] {
  if (start + length > limit) throw new RangeError("RLP: an item ends after what holds it");
  return [start, start + length];
}

function byteAt(bytes: Uint8Array, at: number, limit: number): number {
  const byte = at < limit ? bytes[at] : undefined;
  if (byte === undefined) throw new RangeError("RLP: an item is cut off");
  return byte;
}

/** @param base 0x80 for strings, 0xc0 for lists */
function header(base: number, length: number): Buffer {
  if (length <= 55) return Buffer.of(base + length);
  const digits = length < 2 ** 8 ? 1 : length < 2 ** 16 ? 2 : length < 2 ** 24 ? 3 : 4;
  const written = Buffer.alloc(1 + digits, base + 55 + digits);
  written.writeUIntBE(length, 1, digits);
  return written;
}
