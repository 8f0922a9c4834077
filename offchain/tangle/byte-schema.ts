import type { z } from "zod";
import { bytesOf } from "../canonical-cbor.ts";

/** A zod schema of exactly `length` bytes, over whatever buffer: what is built here and what is decoded have one type. */
export function byteSchema(length: number): z.ZodType<Uint8Array> {
  return bytesOf(length);
}
