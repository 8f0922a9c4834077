/**
 * D_head as bytes: DAG-CBOR, deflated. Names are not stored: they are read from the layout, which holds every member or column name
 * already. The bytes are not secret from whoever may read the record's public part; the caller puts them in an AEAD box.
 */

import { decode, encode } from "@ipld/dag-cbor";
import { MedexError } from "@medexchain/core";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { deflate, inflate } from "#deflate";
import { chunkName, chunksOf } from "./binary-chunks.ts";
import { cellText, columnNames, readRow } from "./csv-source.ts";
import type { CsvLayout, Head, HeadFeature, Layout } from "./ehr-document.ts";
import { forEachLeaf } from "./feature-leaves.ts";
import { parseJsonSource } from "./json-source.ts";
import { isBlankLine, lineName, splitLines } from "./ndjson-lines.ts";

const bytes32 = z.custom<Uint8Array>((value) => value instanceof Uint8Array).refine((bytes) => bytes.length === 32);
const measure = z.strictObject({
  unit: z.string().exactOptional(),
  code: z.string().exactOptional(),
  loinc: z.string().exactOptional(),
});
const template = z.array(z.string()).min(1);
/** Text as bytes, since a CBOR decoder may take a byte order mark off a string. */
const text = z
  .custom<Uint8Array>((value) => value instanceof Uint8Array)
  .transform((bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
const layoutFile = z.discriminatedUnion("format", [
  z.strictObject({ format: z.literal("fhir-r4+json"), template }),
  z.strictObject({ format: z.literal("fhir-r4+ndjson"), template, firstLine: z.int().nonnegative() }),
  z.strictObject({
    format: z.literal("csv"),
    prefix: text,
    delimiter: z.enum([",", ";", "\t"]),
    columns: z.array(text).min(1),
    ends: z.array(z.tuple([z.int().positive(), z.enum(["\n", "\r\n", ""])])),
  }),
  z.strictObject({
    format: z.literal("binary"),
    offset: z.int().nonnegative(),
    length: z.int().nonnegative(),
    chunkLength: z.int().positive(),
  }),
]);
const headFile = z.strictObject({
  version: z.literal(1),
  layout: layoutFile,
  commitments: z.array(z.tuple([z.int().nonnegative(), bytes32])),
  measures: z.array(z.tuple([z.int().nonnegative(), measure])),
});

/**
 * Version 2: the bytes of version 1, deflated (RFC 1951). A head repeats what the record's layout repeats, and is a tenth as
 * long for it. The length is stated, so that a reader knows what it is in for before it inflates anything.
 */
const packedFile = z.strictObject({
  version: z.literal(2),
  length: z.int().positive(),
  deflated: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
});

/** The longest head, inflated, in bytes: four times the longest JSON document. */
export const MAX_HEAD_LENGTH = 64 * 1024 * 1024;
/** All heads of one record together, inflated, in bytes: they are read one after the other, so that this bounds time, not memory. */
const MAX_HEADS_LENGTH = 8 * MAX_HEAD_LENGTH;

/** The most features that a head of a binary piece may claim. */
const MAX_CHUNKS = 1 << 20;
/**
 * What a head may claim of values that are not there: where they are withheld, blanks are written for them. Bytes of a binary piece, those of
 * the largest record; and cells of a table's piece, each of which takes a byte at least.
 */
const MAX_BLANK_BYTES = 64 * 1024 * 1024;
const MAX_CELLS = 16 * 1024 * 1024;

/** Serialises D_head as deflated DAG-CBOR. */
export function encodeHead(head: Head): Uint8Array {
  const commitments: [number, Uint8Array][] = [];
  const measures: [number, HeadFeature["measure"]][] = [];
  for (const [index, feature] of head.features.entries()) {
    if (feature.commitment !== undefined) commitments.push([index, feature.commitment]);
    if (feature.measure !== undefined) measures.push([index, feature.measure]);
  }
  const { features: _, ...layout } = head;
  const stored =
    layout.format === "csv"
      ? { ...layout, prefix: utf8ToBytes(layout.prefix), columns: layout.columns.map(utf8ToBytes) }
      : layout;
  const bytes = encode({ version: 1, layout: stored, commitments, measures } satisfies Record<string, unknown>);
  return encode({ version: 2, length: bytes.length, deflated: deflate(bytes) } satisfies Record<string, unknown>);
}

/** Names of the leaves of one resource whose values are blanked; each must stand where the template has a gap. */
function namesOfResource(source: string, gaps: readonly number[]): string[] {
  const names: string[] = [];
  forEachLeaf(source, parseJsonSource(source), false, ({ node, name }) => {
    if (node.type !== "null" || node.offset !== gaps[names.length]) throw new Error("the template holds a value");
    names.push(name);
  });
  if (names.length !== gaps.length) throw new Error("the template's gaps do not match its names");
  return names;
}

/** With each value blanked, a template is a document whose leaves stand where the record's do. */
function blank(parts: readonly string[]): { source: string; gaps: number[] } {
  const gaps: number[] = [];
  let offset = 0;
  for (const part of parts.slice(0, -1)) {
    offset += part.length;
    gaps.push(offset);
    offset += "null".length;
  }
  return { source: parts.join("null"), gaps };
}

function namesOfLines(parts: readonly string[], firstLine: number): string[] {
  const { source, gaps } = blank(parts);
  const names: string[] = [];
  let start = 0;
  let used = 0;
  for (const [i, line] of splitLines(source).entries()) {
    const end = start + line.length;
    const inLine: number[] = [];
    for (let gap = gaps[used]; gap !== undefined && gap < end; gap = gaps[used]) {
      inLine.push(gap - start);
      used++;
    }
    if (!isBlankLine(line)) {
      for (const name of namesOfResource(line, inLine)) names.push(lineName(firstLine + i, name));
    } else if (inLine.length > 0) throw new Error("a gap outside of a resource");
    start = end;
  }
  return names;
}

/** Column names, once what is to be written before the rows is a header of just these columns, or nothing. */
function namesOfColumns({ prefix, delimiter, columns, ends }: CsvLayout): readonly string[] {
  if (new Set(columns).size !== columns.length) throw new Error("two columns have one name");
  const rows = ends.reduce((sum, [count]) => sum + count, 0);
  if (rows * columns.length > MAX_CELLS) throw new Error("too many cells");
  if (ends.slice(0, -1).some(([, end]) => end === "")) throw new Error("a row in the middle has no end");
  if ((ends.at(-1)?.[0] ?? 0) > 1 && ends.at(-1)?.[1] === "") throw new Error("two rows have no end");
  if (prefix !== "") {
    const start = prefix.startsWith("\uFEFF") ? 1 : 0;
    const header = readRow(prefix, start, delimiter, true);
    const names = columnNames(header?.cells.map(cellText) ?? []);
    const isWhole = header?.next === prefix.length && (header.end !== "" || ends.length === 0);
    if (!isWhole || names.length !== columns.length || names.some((name, i) => name !== columns[i])) {
      throw new Error("the header line is not the columns'");
    }
  }
  return columns;
}

function namesOf(known: Layout): readonly string[] {
  switch (known.format) {
    case "fhir-r4+json": {
      const { source, gaps } = blank(known.template);
      return namesOfResource(source, gaps);
    }
    case "fhir-r4+ndjson":
      return namesOfLines(known.template, known.firstLine);
    case "csv":
      return namesOfColumns(known);
    case "binary":
      if (known.length > known.chunkLength * MAX_CHUNKS) throw new Error("too many chunks");
      if (known.length > MAX_BLANK_BYTES) throw new Error("too many bytes");
      return chunksOf(known).map(({ offset, length }) => chunkName(offset, length));
  }
}

/** What a head's bytes say, and how long they are inflated; version 1 had them plain. */
function openPacked(bytes: Uint8Array): { length: number; inflate: () => unknown } {
  const outer: unknown = decode(bytes);
  const packed = packedFile.safeParse(outer);
  if (!packed.success) return { length: bytes.length, inflate: () => outer };
  const { length, deflated } = packed.data;
  if (length > MAX_HEAD_LENGTH) throw new Error("the head is too long");
  return {
    length,
    inflate() {
      const plain = inflate(deflated, length);
      if (plain.length !== length) throw new Error("the head does not have the length that it states");
      return decode(plain);
    },
  };
}

/**
 * That heads, from anyone, are together no longer than those of a record of the largest size, before any of them is inflated.
 * @throws FRAGMENT_INVALID one is none, or they are too long together
 */
export function requireHeadLengths(pieces: readonly Uint8Array[]): void {
  let total = 0;
  for (const bytes of pieces) {
    try {
      total += openPacked(bytes).length;
    } catch (cause) {
      throw damaged(cause);
    }
    if (total > MAX_HEADS_LENGTH) throw damaged(new Error("the heads are too long"));
  }
}

/**
 * Reads the heads of a record's pieces, from anyone. Of a long record, ask `requireHeadLengths`, and `decodeHead` one at a time.
 * @throws FRAGMENT_INVALID as `requireHeadLengths` and `decodeHead`
 */
export function decodeHeads(pieces: readonly Uint8Array[]): Head[] {
  requireHeadLengths(pieces);
  return pieces.map((bytes) => decodeHead(bytes));
}

function damaged(cause: unknown): MedexError {
  return new MedexError("FRAGMENT_INVALID", "the record's head is damaged: fetch the capsule again", { cause });
}

/**
 * Reads D_head.
 * @throws FRAGMENT_INVALID not D_head: other bytes, a template that is not a blanked record, an index out of range
 */
export function decodeHead(bytes: Uint8Array): Head {
  try {
    const { layout: known, commitments, measures } = headFile.parse(openPacked(bytes).inflate());
    type Writable = { -readonly [K in keyof HeadFeature]: HeadFeature[K] };
    const features = namesOf(known).map((name): Writable => ({ name }));
    const at = (index: number): Writable => {
      const feature = features[index];
      if (feature === undefined) throw new Error("an index is out of range");
      return feature;
    };
    for (const [index, commitment] of commitments) at(index).commitment = commitment;
    for (const [index, value] of measures) at(index).measure = value;
    return { ...known, features };
  } catch (cause) {
    throw damaged(cause);
  }
}
