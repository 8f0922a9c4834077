/** `deflate.ts` for browsers, whose own streams do not say how long their output may become. */
import { deflateSync, inflateSync } from "fflate";

/** One of zlib's levels. */
type Level = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

export function deflate(bytes: Uint8Array, level: Level = 6): Uint8Array {
  return deflateSync(bytes, { level });
}

export function inflate(deflated: Uint8Array, maxLength: number): Uint8Array {
  // What does not fit into the room that it is given is dropped without a word.
  const bytes = inflateSync(deflated, { out: new Uint8Array(maxLength + 1) });
  if (bytes.length > maxLength) throw new Error("the inflated bytes are longer than they may be");
  return bytes;
}
