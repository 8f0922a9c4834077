/**
 * What is too long for one document as a CBOR sequence (RFC 8742) of byte strings, so that it is written and read item by item. Any document of
 * this system is a map, so that its first byte tells it from a sequence.
 */

import { createByteReader, type ErrorCode, MedexError } from "@medexchain/core";
import { concatBytes } from "@noble/hashes/utils.js";

/** CBOR's major type of byte strings (RFC 8949, 3.1). */
const BYTES = 2;
/** The longest document or item that is written or read: a piece of a record in ciphertexts. */
const MAX_ITEM_LENGTH = 256 * 1024 * 1024;

/** What goes before an item of so many bytes: CBOR's header of a byte string, in its shortest form. */
export function itemHeader(length: number): Uint8Array {
  if (length < 24) return Uint8Array.of((BYTES << 5) | length);
  if (length < 1 << 8) return Uint8Array.of((BYTES << 5) | 24, length);
  if (length < 1 << 16) return Uint8Array.of((BYTES << 5) | 25, length >> 8, length & 255);
  const header = Uint8Array.of((BYTES << 5) | 26, 0, 0, 0, 0);
  new DataView(header.buffer).setUint32(1, length);
  return header;
}

/** What was read: one document, or the items of a sequence, to be gone through once. */
export type Items = { readonly document: Uint8Array } | { readonly items: AsyncGenerator<Uint8Array, void, undefined> };

/**
 * Reads a document or a sequence as it comes.
 *
 * @param what it is, for messages
 * @param code thrown, there and by the generator, when it is cut off, or an item is too long or not in its shortest form
 */
export async function readItems(source: AsyncIterable<Uint8Array>, what: string, code: ErrorCode): Promise<Items> {
  const reader = createByteReader(source);
  const refuse = (why: string): MedexError => new MedexError(code, `${what} ${why}; fetch it again`);
  const first = await reader.take(1);
  if (first === undefined) throw refuse("is empty");
  if ((first[0] ?? 0) >> 5 !== BYTES)
    return { document: concatBytes(first, await reader.rest(MAX_ITEM_LENGTH, () => refuse("is too long"))) };

  async function take(length: number): Promise<Uint8Array> {
    const bytes = await reader.take(length);
    if (bytes === undefined) throw refuse("is cut off");
    return bytes;
  }
  async function lengthAfter(initial: number): Promise<number> {
    const information = initial & 31;
    if (initial >> 5 !== BYTES || information > 26) throw refuse("is no sequence of byte strings");
    if (information < 24) return information;
    const bytes = await take(1 << (information - 24));
    const length = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    if (itemHeader(length).length !== 1 + bytes.length) throw refuse("is not in canonical CBOR");
    if (length > MAX_ITEM_LENGTH) throw refuse(`has an item of ${length} bytes`);
    return length;
  }
  async function* items(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let initial = first; initial !== undefined; initial = await reader.take(1)) {
        yield await take(await lengthAfter(initial[0] ?? 0));
      }
    } finally {
      await reader.close();
    }
  }
  return { items: items() };
}
