/**
 * Encrypted fragments part by part. A fragment of up to one part is one document, as ever. A longer one is, on IPFS, a list of documents
 * by digest; in the owner's folder and in a doctor's message, a sequence of them (`byte-items.ts`). Neither writer nor reader
 * holds more than a part.
 */

import type { FragmentDecryptor } from "@medexchain/bfv";
import { bytesOf, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { CONTENT_LIMITS, type ContentStore } from "@medexchain/ipfs";
import type { Fragment } from "@medexchain/sfe";
import { bytesToHex } from "@noble/hashes/utils.js";
import { z } from "zod";
import { itemHeader, readItems } from "./byte-items.ts";
import { encodeFragmentPieces, type FragmentPieces, parseFragmentPieces } from "./fragment-pieces.ts";

/** Bytes after which a part ends; a piece of a record is not divided, so that a part may have more. */
const PART_LENGTH = 4 * 1024 * 1024;
/** The most parts of a fragment: those of a record of 64 MiB in the profile whose ciphertexts are largest, many times. */
const MAX_PARTS = 2048;

/** Where the parts of a fragment go. */
export interface PartOutput {
  /** The only part. */
  whole(part: Uint8Array): Promise<void>;
  /** One of several, in order. */
  part(part: Uint8Array): Promise<void>;
  /** After the last of several. */
  end(): Promise<void>;
}

export interface FragmentWriter {
  /** Takes the ciphertext file of a piece; pieces come in order. */
  add(piece: number, file: Uint8Array): Promise<void>;
  /** After the last piece. */
  end(): Promise<void>;
}

/** Puts the pieces of a fragment into parts. */
export function createFragmentWriter(output: PartOutput, partLength: number = PART_LENGTH): FragmentWriter {
  let pieces: [number, Uint8Array][] = [];
  let length = 0;
  let held: Uint8Array | undefined;
  let parts = 0;

  async function flush(): Promise<void> {
    const part = encodeFragmentPieces(pieces);
    pieces = [];
    length = 0;
    if (parts++ === 0) held = part;
    else {
      if (parts > MAX_PARTS) {
        throw new MedexError("INPUT_INVALID", "the record is too long when encrypted: publish it in parts");
      }
      if (held !== undefined) await output.part(held);
      held = undefined;
      await output.part(part);
    }
  }

  return {
    async add(piece, file) {
      pieces.push([piece, file]);
      length += file.length;
      if (length >= partLength) await flush();
    },
    async end() {
      if (pieces.length > 0 || parts === 0) await flush();
      if (held !== undefined) await output.whole(held);
      else await output.end();
    },
  };
}

/**
 * Writes a fragment as one document, or as a sequence.
 *
 * @param options.single the document that has one part only; the part itself unless given
 * @param options.opening the first item of a sequence, before the parts
 */
export function sequenceOutput(
  write: (bytes: Uint8Array) => Promise<void>,
  options: { readonly single?: (part: Uint8Array) => Uint8Array; readonly opening?: Uint8Array } = {},
): PartOutput {
  const { single = (part) => part, opening } = options;
  let isOpen = false;
  async function item(bytes: Uint8Array): Promise<void> {
    await write(itemHeader(bytes.length));
    await write(bytes);
  }
  return {
    whole: (part) => write(single(part)),
    async part(part) {
      if (!isOpen && opening !== undefined) await item(opening);
      isOpen = true;
      await item(part);
    },
    end: async () => undefined,
  };
}

const listSchema = z.strictObject({
  v: z.literal(2),
  parts: z
    .array(bytesOf(32))
    .min(2)
    .max(MAX_PARTS)
    .refine((parts) => new Set(parts.map(bytesToHex)).size === parts.length, "names a part twice"),
});
/** Above the ciphertexts of any record: 64 MiB, up to 7.3 times as large. */
const MAX_FRAGMENT_LENGTH = 640 * 1_048_576;
/** Above any list. */
const MAX_LIST_LENGTH = 128 * 1024;

export interface StoredFragment {
  /** What is anchored, 32 bytes: of the one document, or of the list. */
  readonly digest: Uint8Array;
  /** Of all that was stored, in bytes. */
  readonly length: number;
}

/** Writes a fragment to IPFS. `stored` is there once the writer has ended. */
export function ipfsOutput(store: ContentStore): { readonly output: PartOutput; stored(): StoredFragment } {
  const parts: Uint8Array[] = [];
  let length = 0;
  let digest: Uint8Array | undefined;
  async function put(bytes: Uint8Array): Promise<Uint8Array> {
    const stored = await store.put(bytes, { maxBytes: CONTENT_LIMITS.fragment });
    length += bytes.length;
    return Uint8Array.from(stored.digest);
  }
  const output: PartOutput = {
    async whole(part) {
      digest = await put(part);
    },
    async part(part) {
      parts.push(await put(part));
    },
    async end() {
      digest = await put(encodeObject({ v: 2, parts }));
    },
  };
  return {
    output,
    stored() {
      if (digest === undefined) throw new RangeError("a fragment that has ended has a digest");
      return { digest, length };
    },
  };
}

/** The digests that a document lists, if it is a list of a fragment's parts. */
function partsIn(document: Uint8Array): readonly Uint8Array[] | undefined {
  // DAG-CBOR has the shortest key first: a map of two, "v", and its value, which is 1 in a fragment itself.
  if (document.length > MAX_LIST_LENGTH || document[0] !== 0xa2 || document[3] !== 2) return undefined;
  return decodeObject(document, listSchema, "the list of the fragment's parts", "FRAGMENT_INVALID").parts;
}

/** Counts what a fragment has in its parts, which its author alone says. */
function countParts(first: number, limit: number): (length: number) => number {
  let total = first;
  return (length) => {
    total += length;
    if (total > limit) {
      throw new MedexError(
        "FRAGMENT_INVALID",
        `the fragment has more than ${limit} bytes in its parts; ask its author`,
      );
    }
    return total;
  };
}

/**
 * Fetches a fragment from IPFS, part by part. Of what follows a list no more is fetched than the fragment of the largest record has.
 *
 * @param limit of all its bytes together
 * @throws FRAGMENT_INVALID no fragment, or too long; as `ContentStore.get`
 */
export async function* fetchFragment(
  store: ContentStore,
  digest: Uint8Array,
  limit: number = MAX_FRAGMENT_LENGTH,
): AsyncGenerator<FragmentPieces, void, undefined> {
  const document = await store.get(digest, { maxBytes: CONTENT_LIMITS.fragment });
  const parts = partsIn(document);
  const count = countParts(document.length, limit);
  if (parts === undefined) yield parseFragmentPieces(document);
  for (const part of parts ?? []) {
    const bytes = await store.get(part, { maxBytes: CONTENT_LIMITS.fragment });
    count(bytes.length);
    yield parseFragmentPieces(bytes);
  }
}

/**
 * Fetches a fragment with all its parts, and keeps nothing of it.
 *
 * @param limit of all its bytes together
 * @returns its bytes, counted
 * @throws as `fetchFragment`
 */
export async function verifyFragment(
  store: ContentStore,
  digest: Uint8Array,
  limit: number = MAX_FRAGMENT_LENGTH,
): Promise<number> {
  let length = await store.verify(digest, { maxBytes: CONTENT_LIMITS.fragment });
  if (length > MAX_LIST_LENGTH) return length;
  const count = countParts(length, limit);
  for (const part of partsIn(await store.get(digest, { maxBytes: MAX_LIST_LENGTH })) ?? []) {
    length = count(await store.verify(part, { maxBytes: CONTENT_LIMITS.fragment }));
  }
  return length;
}

/**
 * Reads a fragment from where it is one document or a sequence.
 *
 * @throws FRAGMENT_INVALID no fragment
 */
export async function* readFragment(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<FragmentPieces, void, undefined> {
  const read = await readItems(source, "the fragment", "FRAGMENT_INVALID");
  if ("document" in read) yield parseFragmentPieces(read.document);
  else for await (const part of read.items) yield parseFragmentPieces(part);
}

/** A piece's part of a fragment. */
export type DecryptedPiece = readonly [piece: number, fragment: Fragment];

/**
 * Decrypts a fragment piece by piece.
 *
 * @param count of the record's pieces
 * @throws FRAGMENT_INVALID, BFV_BYTES_INVALID
 */
export async function* decryptParts(
  decryptor: FragmentDecryptor,
  parts: AsyncIterable<FragmentPieces>,
  count: number,
): AsyncGenerator<DecryptedPiece, void, undefined> {
  let last = -1;
  for await (const part of parts) {
    for (const [piece, file] of part) {
      if (piece >= count || piece <= last) {
        throw new MedexError(
          "FRAGMENT_INVALID",
          `piece ${piece} is not in its place in this record: fragment and head differ`,
        );
      }
      last = piece;
      yield [piece, { features: decryptor.decrypt(file) }];
    }
  }
}
