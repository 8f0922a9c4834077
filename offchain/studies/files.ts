/** What the parties of a study publish: DAG-CBOR, each file bound to its study and its sender, so that none can be used for another. */

import { anyBytes, bytesOf, decodeObject, type ErrorCode, encodeObject, MedexError } from "@medexchain/core";
import { X_WING_PUBLIC_KEY_LENGTH, type XWingBox, xWingBoxOf } from "@medexchain/pre/x-wing";
import { equalBytes } from "@noble/curves/utils.js";
import { z } from "zod";
import { MASK_SEED_LENGTH } from "./masks.ts";
import { MAX_HOLDERS } from "./parameters.ts";
import { idBytes } from "./question.ts";

/** No file of one polynomial or two of any study's ring is longer, with what is around them. */
export const MAX_FILE_LENGTH = 512 * 1024;

const common = { version: z.literal(1), study: idBytes, from: idBytes, packed: anyBytes() };
const shareSchema = z.strictObject({
  ...common,
  kind: z.literal("share"),
  maskKey: bytesOf(X_WING_PUBLIC_KEY_LENGTH),
});
const inputSchema = z.strictObject({
  ...common,
  kind: z.literal("input"),
  seeds: z.array(xWingBoxOf(MASK_SEED_LENGTH)).max(MAX_HOLDERS),
});
const partialSchema = z.strictObject({ ...common, kind: z.literal("partial"), sum: idBytes, masks: anyBytes() });

/** What each file says of itself: whose it is, and its polynomials, which are still to be checked. */
export interface SentFile {
  readonly study: Uint8Array;
  /** The hospital's or the patient's id. */
  readonly from: Uint8Array;
  readonly packed: Uint8Array;
}

export interface ShareFile extends SentFile {
  /** The holder's X-Wing public key, 1,216 bytes. */
  readonly maskKey: Uint8Array;
}

export interface InputFile extends SentFile {
  /** The seeds of the input's masks, one sealed to each holder, in the study's order. */
  readonly seeds: readonly XWingBox[];
}

export interface PartialFile extends SentFile {
  /** The digest of the sum that it is of. */
  readonly sum: Uint8Array;
  /** The sum of the holder's masks, with its noise: 8 bytes for each slot, little-endian, below t. */
  readonly masks: Uint8Array;
}

type Sender = Pick<SentFile, "study" | "from">;

export const encodeShare = (file: ShareFile): Uint8Array => encodeObject({ version: 1, kind: "share", ...file });
export const encodeInput = (file: InputFile): Uint8Array => encodeObject({ version: 1, kind: "input", ...file });
export const encodePartial = (file: PartialFile): Uint8Array => encodeObject({ version: 1, kind: "partial", ...file });

/** Reads a file of one kind from anyone: its length, its form, its study and its sender. */
function decodeSent<T extends SentFile>(
  bytes: Uint8Array,
  schema: z.ZodType<T>,
  expected: Sender,
  what: string,
  code: ErrorCode,
): T {
  if (bytes.length > MAX_FILE_LENGTH) {
    throw new MedexError(code, `${what}: ${bytes.length} bytes, and none has more than ${MAX_FILE_LENGTH}`);
  }
  const file = decodeObject(bytes, schema, `the study's ${what}`, code);
  if (!equalBytes(file.study, expected.study)) throw new MedexError(code, `the ${what} is another study's: refuse it`);
  if (!equalBytes(file.from, expected.from)) throw new MedexError(code, `the ${what} is another sender's: refuse it`);
  return file;
}

/** @throws STUDY_SHARE_INVALID not this study's or holder's */
export const decodeShare = (bytes: Uint8Array, expected: Sender): ShareFile =>
  decodeSent(bytes, shareSchema, expected, "key share", "STUDY_SHARE_INVALID");

/**
 * @param holders of the study, each of whom it must have a seed for
 * @throws STUDY_INPUT_INVALID not this study's or patient's
 */
export function decodeInput(bytes: Uint8Array, expected: Sender, holders: number): InputFile {
  const file = decodeSent(bytes, inputSchema, expected, "input", "STUDY_INPUT_INVALID");
  if (file.seeds.length !== holders) {
    throw new MedexError(
      "STUDY_INPUT_INVALID",
      `the input has masks for ${file.seeds.length} holders, and the study has ${holders}: refuse it`,
    );
  }
  return file;
}

/** @throws STUDY_RELEASE_REFUSED not this study's, holder's or sum's */
export function decodePartial(bytes: Uint8Array, expected: Pick<PartialFile, "study" | "from" | "sum">): PartialFile {
  const code = "STUDY_RELEASE_REFUSED";
  const file = decodeSent(bytes, partialSchema, expected, "partial decryption", code);
  if (!equalBytes(file.sum, expected.sum)) {
    throw new MedexError(code, "the partial decryption is of another sum: refuse it");
  }
  return file;
}
