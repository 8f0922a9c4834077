/** Deflated bytes (RFC 1951), by the platform. */
import { deflateRawSync, inflateRawSync } from "node:zlib";

/** One of zlib's levels. */
type Level = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** @param level 1 is quickest; 6 unless given */
export function deflate(bytes: Uint8Array, level: Level = 6): Uint8Array {
  return deflateRawSync(bytes, { level });
}

/**
 * @param maxLength of what comes out
 * @throws Error when it is longer, or the bytes are no such stream
 */
export function inflate(deflated: Uint8Array, maxLength: number): Uint8Array {
  return inflateRawSync(deflated, { maxOutputLength: maxLength });
}
