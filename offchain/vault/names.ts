/** What the owner of a vault calls records and people: for their eyes only, since a title may say what a record is about. */
import {
  bytesOf,
  decodeObject,
  displayText,
  encodeObject,
  fromHex32,
  type Hex32,
  isReserved,
  MedexError,
  toHex32,
} from "@medexchain/core";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";

/** Longest label, in characters. */
export const MAX_LABEL = 80;
/** Of what is kept of another's text, in UTF-16 units. */
const MAX_TEXT = 1024;
/** Places that are remembered of a record's private part. */
export const MAX_PLACES = 32;

const text = z.string().min(1).max(MAX_TEXT);
const count = z.int().nonnegative();

const recordSchema = z.strictObject({
  kind: z.literal("record"),
  id: bytesOf(32),
  label: text,
  /** Of the file that was published. */
  file: text.exactOptional(),
  /** That the record gives itself. */
  title: text.exactOptional(),
  /** When it was published or asked for, Unix seconds. */
  date: count,
  /** SHA-256 of the file, by which one that is published again is known. */
  digest: bytesOf(32).exactOptional(),
  /** What an approval sends unless features are chosen. */
  features: z.strictObject({ public: count, private: count }).exactOptional(),
  /** Where the first of the private features are. */
  places: z.array(text).max(MAX_PLACES).exactOptional(),
});

const personSchema = z.strictObject({
  kind: z.literal("person"),
  id: bytesOf(32),
  label: text,
  /** The pseudonyms whose hashes make up the id. */
  hospital: text,
  pseudonym: text,
  date: count,
});

const schema = z.discriminatedUnion("kind", [recordSchema, personSchema]);
type Named<T> = Omit<T, "id"> & { readonly id: Hex32 };
export type RecordName = Readonly<Named<z.infer<typeof recordSchema>>>;
export type PersonName = Readonly<Named<z.infer<typeof personSchema>>>;
/** A record or a person, and what it is called. */
export type Name = RecordName | PersonName;

/**
 * A label as it is kept.
 *
 * @throws INPUT_INVALID when it is empty or too long, has something in it that cannot be shown as it is, or would be taken for an id
 */
export function parseLabel(label: string): string {
  const normal = label.toWellFormed().normalize("NFC").trim();
  if (normal === "" || [...normal].length > MAX_LABEL) {
    throw new MedexError("INPUT_INVALID", `a name must have 1 to ${MAX_LABEL} characters`);
  }
  if (displayText(normal, MAX_LABEL) !== normal) {
    throw new MedexError(
      "INPUT_INVALID",
      `the name ${displayText(normal)} has characters that cannot be seen, or that pass for others: choose one without`,
    );
  }
  if (isReserved(normal)) {
    throw new MedexError(
      "INPUT_INVALID",
      `a name must not be ${displayText(normal)}: that stands for an id, or the latest`,
    );
  }
  return normal;
}

/** The nearest label to a text that somebody else chose; `otherwise` where there is none. */
export function labelFrom(theirs: string, otherwise: string): string {
  const shown = [...displayText(theirs, MAX_LABEL - 1)].slice(0, MAX_LABEL).join("");
  return shown === "" || isReserved(shown) ? otherwise : shown;
}

/** A text as it may be kept of another's: cut to a length. */
export const keptText = (theirs: string): string => theirs.slice(0, MAX_TEXT).toWellFormed();

/**
 * The key under which names are kept.
 *
 * @param accountKey of the vault, 32 bytes
 * @returns 32 bytes: HKDF-SHA-256 (RFC 5869)
 */
export function namesKey(accountKey: Uint8Array): Uint8Array {
  return hkdf(sha256, accountKey, undefined, utf8ToBytes("medexchain/v1/names"), 32);
}

/** @returns DAG-CBOR */
export function encodeName(name: Name): Uint8Array {
  return encodeObject({ ...name, id: fromHex32(name.id) });
}

/** @throws VAULT_DAMAGED when the bytes are no name */
export function parseName(bytes: Uint8Array): Name {
  const { id, ...name } = decodeObject(bytes, schema, "the name", "VAULT_DAMAGED");
  return { ...name, id: toHex32(id) };
}
