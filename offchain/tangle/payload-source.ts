import { createSha256 } from "@medexchain/core";

/** A payload that is read part by part: a large one, in a file, is never in memory as a whole. Its bytes must stay as they are. */
export interface PayloadSource {
  /** Of the whole, in bytes. */
  readonly length: number;
  /** @returns the bytes from `start` up to `end` */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** What is in memory already as what is read. */
export function sourceOf(payload: Uint8Array | PayloadSource): PayloadSource {
  if (!(payload instanceof Uint8Array)) return payload;
  return { length: payload.length, read: async (start, end) => payload.subarray(start, end) };
}

/** What is hashed at a time, in bytes. */
const STEP = 4 * 1_048_576;

/** @returns SHA-256 of the payload, 32 bytes */
export async function digestOfSource({ length, read }: PayloadSource): Promise<Uint8Array> {
  const hash = createSha256();
  for (let start = 0; start < length; start += STEP) hash.update(await read(start, Math.min(length, start + STEP)));
  return hash.digest();
}
