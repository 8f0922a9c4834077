/** What the parties of a study publish: DAG-CBOR, each file bound to its study and its sender, so that none can be used for another. */

import { anyBytes, decodeObject, type ErrorCode, encodeObject, MedexError } from "@medexchain/core";
import { equalBytes } from "@noble/curves/utils.js";
import { z } from "zod";
import { idBytes } from "./question.ts";

/** No file of one polynomial or two of any study's ring is longer, with what is around them. */
export const MAX_FILE_LENGTH = 512 * 1024;

const common = { version: z.literal(1), study: idBytes, from: idBytes, packed: anyBytes() };
const sentSchema = z.strictObject({ ...common, kind: z.enum(["share", "input"]) });
const partialSchema = z.strictObject({ ...common, kind: z.literal("partial"), sum: idBytes });

const SENT = {
  share: { what: "key share", code: "STUDY_SHARE_INVALID" },
  input: { what: "input", code: "STUDY_INPUT_INVALID" },
} as const satisfies Record<string, { what: string; code: ErrorCode }>;
const PARTIAL = { what: "partial decryption", code: "STUDY_RELEASE_REFUSED" } as const;

/** A key share or an input. */
export interface SentFile {
  readonly study: Uint8Array;
  /** The hospital's or the patient's id. */
  readonly from: Uint8Array;
  readonly packed: Uint8Array;
}

export interface PartialFile extends SentFile {
  /** The digest of the sum that it is of. */
  readonly sum: Uint8Array;
}

/** Encodes a key share or an input. */
export function encodeSent(kind: "share" | "input", file: SentFile): Uint8Array {
  return encodeObject({ version: 1, kind, ...file });
}

export function encodePartial(file: PartialFile): Uint8Array {
  return encodeObject({ version: 1, kind: "partial", ...file });
}

function requireLength(bytes: Uint8Array, what: string, code: ErrorCode): void {
  if (bytes.length <= MAX_FILE_LENGTH) return;
  throw new MedexError(code, `${what}: ${bytes.length} bytes, and none has more than ${MAX_FILE_LENGTH}`);
}

function requireFrom(file: SentFile, expected: Pick<SentFile, "study" | "from">, what: string, code: ErrorCode): void {
  if (!equalBytes(file.study, expected.study)) throw new MedexError(code, `the ${what} is another study's: refuse it`);
  if (!equalBytes(file.from, expected.from)) throw new MedexError(code, `the ${what} is another sender's: refuse it`);
}

/**
 * Reads a key share or an input from anyone.
 * @returns the packed polynomials, which are still to be checked
 * @throws STUDY_SHARE_INVALID, STUDY_INPUT_INVALID
 */
export function decodeSent(
  kind: "share" | "input",
  bytes: Uint8Array,
  expected: Pick<SentFile, "study" | "from">,
): Uint8Array {
  const { what, code } = SENT[kind];
  requireLength(bytes, what, code);
  const file = decodeObject(bytes, sentSchema, `the study's ${what}`, code);
  if (file.kind !== kind) throw new MedexError(code, `the ${what} is another kind of file: refuse it`);
  requireFrom(file, expected, what, code);
  return file.packed;
}

/**
 * Reads a partial decryption from anyone.
 * @throws STUDY_RELEASE_REFUSED not this study's, holder's or sum's
 */
export function decodePartial(bytes: Uint8Array, expected: Omit<PartialFile, "packed">): Uint8Array {
  const { what, code } = PARTIAL;
  requireLength(bytes, what, code);
  const file = decodeObject(bytes, partialSchema, `the study's ${what}`, code);
  requireFrom(file, expected, what, code);
  if (!equalBytes(file.sum, expected.sum)) throw new MedexError(code, `the ${what} is of another sum: refuse it`);
  return file.packed;
}
