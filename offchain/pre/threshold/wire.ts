/** Fields that the objects of this folder share: bytes of fixed lengths, whole numbers, and an epoch, which the wire holds as an integer. */
import { bytesOf, decodeObject, type ErrorCode, MedexError } from "@medexchain/core";
import { z } from "zod";
import { checkId, ID_LENGTH } from "../identity.ts";
import { checkGroup, epochBytes, MAX_INDEX, MAX_SHARES, type PartialContext } from "./group.ts";

/** SHA-256. */
export const DIGEST_LENGTH = 32;

/** What every object of a request begins with. */
export const contextFields = {
  v: z.literal(1),
  requestId: bytesOf(ID_LENGTH),
  epoch: z.int().nonnegative(),
} as const;

/** The same where fields are in a list, without names. */
export const contextItems = [bytesOf(ID_LENGTH), z.int().nonnegative()] as const;

export const indexField = z.int().min(1).max(MAX_INDEX);
export const digestField = bytesOf(DIGEST_LENGTH);

/** A list with one entry for each relayer of a group. */
export const oneEach = <T extends z.ZodType>(entry: T) => z.array(entry).min(1).max(MAX_SHARES);

/**
 * Request id and epoch as the wire has them.
 *
 * @throws INPUT_INVALID when the request id is not 32 bytes, or the epoch is not a whole number from 0 to 2^53 − 1
 */
export function wireContext(context: PartialContext): { readonly requestId: Uint8Array; readonly epoch: number } {
  const { requestId, epoch } = context;
  epochBytes(epoch); // checks it
  checkId(requestId, "requestId");
  return { requestId, epoch: Number(epoch) };
}

/**
 * Decodes an object and reads what is in it. What the reading finds wrong is the object's fault, whatever the code of a caller's own mistake.
 *
 * @param what the name of the object, for the error message
 * @param code thrown when it is malformed, or holds what is no element or no group
 */
export function readObject<T, R>(
  bytes: Uint8Array,
  schema: z.ZodType<T>,
  what: string,
  code: ErrorCode,
  read: (decoded: T) => R,
): R {
  const decoded = decodeObject(bytes, schema, what, code);
  try {
    return read(decoded);
  } catch (cause) {
    if (!MedexError.is(cause, "PRE_ELEMENT_INVALID") && !MedexError.is(cause, "INPUT_INVALID")) throw cause;
    throw new MedexError(code, `in ${what}, ${cause.message}`, { cause });
  }
}

/** @throws INPUT_INVALID unless the lists have one entry for each index, and the indices make a group */
export function checkLists(indices: readonly number[], threshold: number, digests: readonly Uint8Array[]): void {
  checkGroup(indices, threshold);
  if (digests.length !== indices.length) {
    throw new MedexError("INPUT_INVALID", `there are ${digests.length} digests for ${indices.length} relayers`);
  }
}
