import { bytesOf } from "@medexchain/core";
import type { z } from "zod";

/** A zod schema of exactly `length` bytes, over whatever buffer: what is built here and what is decoded have one type. */
export function byteSchema(length: number): z.ZodType<Uint8Array> {
  return bytesOf(length);
}
