/** The kinds of values in results as JSON. */
import { z } from "zod";

/** What `toJson` makes of a value: integers that may exceed 2^53 become strings of digits. */
export type Jsonified<T> = T extends bigint
  ? string
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends readonly (infer E)[]
      ? Jsonified<E>[]
      : { [K in keyof T]: Jsonified<T[K]> };

export const hex32 = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .describe("32 bytes: an id, a digest, or a transaction's hash");
export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .describe("an account or contract, with the checksum's capitals");
export const integer = z
  .string()
  .regex(/^[0-9]+$/)
  .describe("a whole number, as a string of digits");
export const unixTime = integer.describe("Unix seconds, as a string of digits");
export const count = z.int().nonnegative();
/** Of each step. */
export const timings = z.record(z.string(), z.number().nonnegative()).describe("milliseconds of each step");
export const url = z.string().describe("a URL without credentials");
