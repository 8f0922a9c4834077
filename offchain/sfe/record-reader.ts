/**
 * Records of any length to EhrDocuments, piece by piece: memory is bounded by a piece, not by the record. Each piece is a
 * document with its own D_head; the pieces' bytes, put together in order, are the record.
 *
 * NDJSON is cut between lines, CSV between rows, binary between chunks. A FHIR resource in JSON is one piece, as its features'
 * names and types need the whole tree.
 */

import { MedexError } from "@medexchain/core";
import { concatBytes } from "@noble/hashes/utils.js";
import type { EhrDocument, RecordFormat } from "./ehr-document.ts";
import type { NumericColumns } from "./numeric-columns.ts";
import { parseFhir } from "./parse-fhir.ts";
import { createBinaryReader } from "./read-binary.ts";
import { createCsvReader } from "./read-csv.ts";
import { createNdjsonReader } from "./read-ndjson.ts";
import type { RecordReader } from "./reader.ts";
import { openSlotAsker, SLOT_LIMIT, type SlotAsker } from "./slot-numbers.ts";

/** What a piece holds of the source, about: a little more, up to the end of a line or row. */
export const PIECE_LENGTH = 128 * 1024;

/** The largest resource in JSON: its tree takes about twenty times as much memory. */
export const MAX_RESOURCE_LENGTH = 16 * 1024 * 1024;

/** The largest record of each format, in bytes. */
export const MAX_LENGTHS: Readonly<Record<RecordFormat, number>> = {
  "fhir-r4+json": MAX_RESOURCE_LENGTH,
  "fhir-r4+ndjson": 64 * 1024 * 1024,
  csv: 64 * 1024 * 1024,
  binary: 64 * 1024 * 1024,
};

export interface ReadOptions {
  readonly format: RecordFormat;
  /** Numbers to compute on, with units: columns of CSV by name, numbers of FHIR by FHIRPath. */
  readonly numericColumns?: NumericColumns;
  /** The largest integer of a BFV slot. */
  readonly slotLimit?: number;
  /** Bytes, or UTF-16 units of text, of a piece. */
  readonly pieceLength?: number;
}

function createResourceReader(): RecordReader {
  const parts: Uint8Array[] = [];
  return {
    push(bytes) {
      parts.push(bytes.slice());
      return [];
    },
    end: () => [parseFhir(parts.length === 1 && parts[0] !== undefined ? parts[0] : concatBytes(...parts))],
  };
}

function createFormatReader(options: ReadOptions): RecordReader {
  const { format, numericColumns = {}, pieceLength = PIECE_LENGTH, slotLimit } = options;
  switch (format) {
    case "fhir-r4+json":
      return createResourceReader();
    case "fhir-r4+ndjson":
      return createNdjsonReader(pieceLength);
    case "csv":
      return createCsvReader(pieceLength, numericColumns, slotLimit);
    case "binary":
      return createBinaryReader(pieceLength);
  }
}

/** A reader of FHIR that gives slots to the numbers that were asked for, and to no other. */
function withSlots(reader: RecordReader, asker: SlotAsker): RecordReader {
  return {
    push: (bytes) => reader.push(bytes).map(asker.ask),
    end() {
      const documents = reader.end().map(asker.ask);
      asker.finish();
      return documents;
    },
  };
}

/** A reader that takes no more than the format's limit. */
function limited(reader: RecordReader, format: RecordFormat): RecordReader {
  let length = 0;
  return {
    push(bytes) {
      length += bytes.length;
      if (length > MAX_LENGTHS[format]) throw tooLong(format);
      return reader.push(bytes);
    },
    end: () => reader.end(),
  };
}

function tooLong(format: RecordFormat): MedexError {
  const advice = format === "fhir-r4+json" ? "save it as NDJSON, one resource a line" : "publish it in parts";
  return new MedexError(
    "INPUT_INVALID",
    `the record (${format}) has more than ${MAX_LENGTHS[format]} bytes: ${advice}`,
  );
}

function createReader(options: ReadOptions): RecordReader {
  const { format, numericColumns = {}, pieceLength = PIECE_LENGTH, slotLimit = SLOT_LIMIT } = options;
  if (!Number.isInteger(pieceLength) || pieceLength < 1) {
    throw new MedexError("INPUT_INVALID", `a piece has 1 byte or more, not ${pieceLength}`);
  }
  const reader = limited(createFormatReader(options), format);
  if (format === "csv" || Object.keys(numericColumns).length === 0) return reader;
  if (format === "binary") {
    throw new MedexError("INPUT_INVALID", "numeric features are named for CSV and FHIR, and the record is binary");
  }
  return withSlots(reader, openSlotAsker(numericColumns, slotLimit));
}

/** Hands documents out, and keeps none of them: a JSON document's features take twenty times its length. */
function* drain(documents: EhrDocument[]): Generator<EhrDocument, void, undefined> {
  for (let next = documents.shift(); next !== undefined; next = documents.shift()) yield next;
}

/**
 * Reads a record that is in memory.
 * @throws RECORD_FORMAT not of that format; names the line or row
 * @throws INPUT_INVALID above the format's limit (`MAX_LENGTHS`), or options that do not fit the format
 * @throws FEATURE_MISSING a numeric column, or number, that is not there
 * @throws FEATURE_OUT_OF_RANGE a number that was asked for and does not fit a slot; names row and value
 */
export function* readRecord(bytes: Uint8Array, options: ReadOptions): Generator<EhrDocument, void, undefined> {
  const reader = createReader(options);
  // Told at once, not after the pieces before.
  if (bytes.length > MAX_LENGTHS[options.format]) throw tooLong(options.format);
  const step = options.format === "fhir-r4+json" ? Math.max(1, bytes.length) : PIECE_LENGTH;
  for (let start = 0; start < bytes.length; start += step)
    yield* drain(reader.push(bytes.subarray(start, start + step)));
  yield* drain(reader.end());
}

/** Reads a record as it comes, e.g. from `fs.createReadStream`. As `readRecord`. */
export async function* readRecordStream(
  source: AsyncIterable<Uint8Array>,
  options: ReadOptions,
): AsyncGenerator<EhrDocument, void, undefined> {
  const reader = createReader(options);
  for await (const bytes of source) yield* drain(reader.push(bytes));
  yield* drain(reader.end());
}
