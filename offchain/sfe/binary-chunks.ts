/** How a binary record is cut into features. */

import type { BinaryLayout } from "./ehr-document.ts";

/** Bytes of a chunk: what a policy can tell apart. */
export const CHUNK_LENGTH = 4096;

/** A chunk's place in its record, first and last byte. */
export function chunkName(first: number, length: number): string {
  return `bytes[${first}-${first + length - 1}]`;
}

/** Places of a layout's chunks: offset in the record and length. */
export function chunksOf({ offset, length, chunkLength }: BinaryLayout): { offset: number; length: number }[] {
  return Array.from({ length: Math.ceil(length / chunkLength) }, (_, i) => ({
    offset: offset + i * chunkLength,
    length: Math.min(chunkLength, length - i * chunkLength),
  }));
}
