/** The documents that parties exchange: DAG-CBOR objects, one encoding per value, checked by zod right after decoding. */
import { decode, encode } from "@ipld/dag-cbor";
import { equalBytes } from "@noble/curves/utils.js";
import { z } from "zod";
import { type ErrorCode, MedexError } from "./errors.ts";

/** A zod schema of exactly `length` bytes. */
export function bytesOf(length: number) {
  return z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.length === length,
    `must be ${length} bytes`,
  );
}

/** A zod schema of bytes of any length. */
export function anyBytes() {
  return z.custom<Uint8Array>((value) => value instanceof Uint8Array, "must be bytes");
}

/** Encodes a plain object of bytes and integers as DAG-CBOR. */
export function encodeObject(value: Record<string, unknown>): Uint8Array {
  return encode(value);
}

/** Encodes a list of bytes, integers, and lists and objects of them, as DAG-CBOR: for what is fetched often, and whose fields need no names. */
export function encodeList(values: readonly unknown[]): Uint8Array {
  return encode(values);
}

/**
 * Decodes DAG-CBOR and checks it against a schema. Any other encoding of the same value (another key order, longer integers,
 * trailing bytes) is refused, so that bytes and value identify each other.
 *
 * @param what the name of the object, for the error message
 * @param code thrown when the bytes are not such an object
 */
export function decodeObject<T>(bytes: Uint8Array, schema: z.ZodType<T>, what: string, code: ErrorCode): T {
  let decoded: unknown;
  try {
    decoded = decode(bytes);
  } catch (cause) {
    throw new MedexError(code, `${what} is not DAG-CBOR; fetch it again`, { cause });
  }
  const parsed = schema.safeParse(decoded);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
    // The messages of zod name types and keys, and those of bytesOf lengths; none repeats a value.
    throw new MedexError(code, `${what} is malformed${where}: ${issue?.message ?? "unknown"}; fetch it again`);
  }
  if (!equalBytes(encodedAgain(decoded, what, code), bytes)) {
    throw new MedexError(code, `${what} is not in canonical DAG-CBOR; fetch it again`);
  }
  return parsed.data;
}

/** A schema that lets other fields through lets through what is nested so deeply that it decodes, and does not encode: there is less stack left for it. */
function encodedAgain(decoded: unknown, what: string, code: ErrorCode): Uint8Array {
  try {
    return encode(decoded);
  } catch (cause) {
    throw new MedexError(code, `${what} is nested too deeply; ask whoever published it`, { cause });
  }
}
