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
import { parseFhir } from "./parse-fhir.ts";
import { createBinaryReader } from "./read-binary.ts";
import { createCsvReader, type NumericColumns } from "./read-csv.ts";
import { createNdjsonReader } from "./read-ndjson.ts";
import type { RecordReader } from "./reader.ts";

/** What a piece holds of the source, about: a little more, up to the end of a line or row. */
export const PIECE_LENGTH = 128 * 1024;

/** The largest resource in JSON: its tree takes about twenty times as much memory. */
export const MAX_RESOURCE_LENGTH = 16 * 1024 * 1024;

export interface ReadOptions {
  readonly format: RecordFormat;
  /** CSV only: columns to compute on. */
  readonly numericColumns?: NumericColumns;
  /** Bytes, or UTF-16 units of text, of a piece. */
  readonly pieceLength?: number;
}

function createResourceReader(): RecordReader {
  const parts: Uint8Array[] = [];
  let length = 0;
  return {
    push(bytes) {
      length += bytes.length;
      if (length > MAX_RESOURCE_LENGTH) {
        throw new MedexError(
          "INPUT_INVALID",
          `the FHIR resource has more than ${MAX_RESOURCE_LENGTH} bytes: save it as NDJSON, one resource a line`,
        );
      }
      parts.push(bytes.slice());
      return [];
    },
    end: () => [parseFhir(concatBytes(...parts))],
  };
}

function createReader({ format, numericColumns = {}, pieceLength = PIECE_LENGTH }: ReadOptions): RecordReader {
  if (!Number.isInteger(pieceLength) || pieceLength < 1) {
    throw new MedexError("INPUT_INVALID", `a piece has 1 byte or more, not ${pieceLength}`);
  }
  if (format !== "csv" && Object.keys(numericColumns).length > 0) {
    throw new MedexError("INPUT_INVALID", `numeric columns are named for CSV, and the record is ${format}`);
  }
  switch (format) {
    case "fhir-r4+json":
      return createResourceReader();
    case "fhir-r4+ndjson":
      return createNdjsonReader(pieceLength);
    case "csv":
      return createCsvReader(pieceLength, numericColumns);
    case "binary":
      return createBinaryReader(pieceLength);
  }
}

/**
 * Reads a record that is in memory.
 * @throws RECORD_FORMAT not of that format; names the line or row
 * @throws INPUT_INVALID a JSON resource above 16 MiB, or options that do not fit the format
 * @throws FEATURE_MISSING a numeric column that is not there
 */
export function* readRecord(bytes: Uint8Array, options: ReadOptions): Generator<EhrDocument, void, undefined> {
  const reader = createReader(options);
  const step = options.format === "fhir-r4+json" ? Math.max(1, bytes.length) : PIECE_LENGTH;
  for (let start = 0; start < bytes.length; start += step) yield* reader.push(bytes.subarray(start, start + step));
  yield* reader.end();
}

/** Reads a record as it comes, e.g. from `fs.createReadStream`. As `readRecord`. */
export async function* readRecordStream(
  source: AsyncIterable<Uint8Array>,
  options: ReadOptions,
): AsyncGenerator<EhrDocument, void, undefined> {
  const reader = createReader(options);
  for await (const bytes of source) yield* reader.push(bytes);
  yield* reader.end();
}
