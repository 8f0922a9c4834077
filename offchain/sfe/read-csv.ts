/** CSV to EhrDocuments: a feature for each column, in pieces of whole rows. */

import { MedexError } from "@medexchain/core";
import {
  BYTE_ORDER_MARK,
  CsvFault,
  type CsvRow,
  cellText,
  columnNames,
  csvError,
  detectDelimiter,
  MAX_ROW_LENGTH,
  readRow,
} from "./csv-source.ts";
import type { CsvLayout, EhrDocument, Feature } from "./ehr-document.ts";
import { headFeature } from "./head-feature.ts";
import type { NumericColumns } from "./numeric-columns.ts";
import type { RecordReader } from "./reader.ts";
import { slotError, slotFault } from "./slot-numbers.ts";
import { createUtf8Decoder } from "./utf8.ts";

/** Columns above this are refused. */
const MAX_COLUMNS = 4096;

interface Table {
  readonly delimiter: string;
  /** Unique names, see `columnNames`. */
  readonly columns: readonly string[];
  /** What the header says; by this, policies name columns. */
  readonly headers: readonly string[];
}

/** What a slot may hold at most, of any profile: the profile's own limit is BFV's to check. */
const WIDEST_SLOT = 2 ** 29;

/** Rows that are read and not yet handed out. */
interface Batch {
  prefix: string;
  length: number;
  readonly cells: string[][];
  readonly ends: [number, string][];
}

function emptyBatch(prefix: string, columns: number): Batch {
  return { prefix, length: 0, cells: Array.from({ length: columns }, () => []), ends: [] };
}

function unitOf(numeric: NumericColumns, names: readonly string[]): string | undefined {
  const name = names.find((candidate) => Object.hasOwn(numeric, candidate));
  return name === undefined ? undefined : numeric[name];
}

interface Numeric {
  readonly columns: NumericColumns;
  readonly slotLimit: number;
}

/** @param firstRow the number of the batch's first row; the header is row 1 */
function toDocument(table: Table, numeric: Numeric, batch: Batch, firstRow: number): EhrDocument {
  const { delimiter, columns, headers } = table;
  const features = columns.map((name, index): Feature => {
    const header = headers[index] || name;
    const unit = unitOf(numeric.columns, [name, header]);
    const cells = batch.cells[index] ?? [];
    if (unit !== undefined && cells.length > 0) {
      const fault = slotFault(cells.join("\n"), numeric.slotLimit);
      if (fault !== undefined) throw slotError(name, `column ${name}, row ${firstRow + fault.line}`, fault);
    }
    return {
      index,
      name,
      path: [header],
      kind: "column",
      value: cells.join("\n"),
      ...(unit !== undefined && { measure: { unit: { text: unit } } }),
    };
  });
  const layout: CsvLayout = { format: "csv", prefix: batch.prefix, delimiter, columns, ends: batch.ends };
  return { head: { ...layout, features: features.map((feature) => headFeature(feature, new Map())) }, features };
}

/**
 * Reads CSV. See `csv-source.ts` for what CSV is here; the text is UTF-8, with a byte order mark or without.
 *
 * @param pieceLength UTF-16 units after which a piece ends
 * @param slotLimit the largest integer of a BFV slot
 * @throws RECORD_FORMAT names the row: not CSV, or a ragged row
 * @throws FEATURE_OUT_OF_RANGE names the row and the value of a numeric column that is no number, or too long for a slot
 * @throws FEATURE_MISSING a numeric column that the header does not have
 */
export function createCsvReader(
  pieceLength: number,
  numericColumns: NumericColumns,
  slotLimit: number = WIDEST_SLOT,
): RecordReader {
  const numeric: Numeric = { columns: numericColumns, slotLimit };
  const decoder = createUtf8Decoder();
  let pending = "";
  let table: Table | undefined;
  let batch = emptyBatch("", 0);
  let row = 0;
  let hasPieces = false;

  function next(start: number, delimiter: string, isLast: boolean): CsvRow | undefined {
    try {
      const found = readRow(pending, start, delimiter, isLast);
      const length = (found?.next ?? pending.length) - start;
      if (length > MAX_ROW_LENGTH) throw csvError(row + 1, `more than ${MAX_ROW_LENGTH} characters`);
      return found;
    } catch (fault) {
      if (fault instanceof CsvFault)
        throw csvError(row + 1, `${fault.message} (character ${fault.offset - start + 1})`);
      throw fault;
    }
  }

  function readHeader(isLast: boolean): { table: Table; end: number } | undefined {
    const start = pending.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
    const lineFeed = pending.indexOf("\n");
    if (lineFeed < 0 && !isLast) return undefined;
    const delimiter = detectDelimiter(pending.slice(start, lineFeed < 0 ? undefined : lineFeed + 1));
    const header = next(start, delimiter, isLast);
    if (header === undefined) return undefined;
    const headers = header.cells.map(cellText);
    if (headers.length > MAX_COLUMNS) throw csvError(1, `more than ${MAX_COLUMNS} columns`);
    if (/^sep=.?$/i.test(pending.slice(start, lineFeed < 0 ? undefined : lineFeed).trim()))
      throw csvError(1, "a line that tells a spreadsheet program the separator (remove it)");
    if (headers.every((name) => name === ""))
      throw csvError(1, "no column has a name (the first row must name the columns)");
    const columns = columnNames(headers);
    for (const name of Object.keys(numericColumns)) {
      if (!columns.includes(name) && !headers.includes(name)) {
        throw new MedexError(
          "FEATURE_MISSING",
          `the record has no column ${name}: name numeric columns as its header does`,
        );
      }
    }
    batch = emptyBatch(pending.slice(0, header.next), columns.length);
    row = 1;
    return { table: { delimiter, columns, headers }, end: header.next };
  }

  function take({ columns }: Table, { cells, end }: CsvRow): void {
    if (cells.length !== columns.length) {
      const what = cells.length === 1 && cells[0] === "" ? "nothing (remove the empty line)" : `${cells.length} cells`;
      throw csvError(row + 1, `${what} where the header has ${columns.length}`);
    }
    for (const [i, cell] of cells.entries()) {
      batch.cells[i]?.push(cell);
      batch.length += cell.length + 1;
    }
    const run = batch.ends.at(-1);
    if (run?.[1] === end) run[0]++;
    else batch.ends.push([1, end]);
    row++;
  }

  function flush(known: Table): EhrDocument {
    const document = toDocument(known, numeric, batch, row + 1 - batch.ends.reduce((sum, [count]) => sum + count, 0));
    batch = emptyBatch("", known.columns.length);
    hasPieces = true;
    return document;
  }

  function read(text: string, isLast: boolean): EhrDocument[] {
    pending += text;
    const documents: EhrDocument[] = [];
    let start = 0;
    if (table === undefined) {
      const header = readHeader(isLast);
      if (header === undefined) {
        if (pending.length > MAX_ROW_LENGTH) throw csvError(1, `more than ${MAX_ROW_LENGTH} characters`);
        return [];
      }
      ({ table, end: start } = header);
    }
    const known = table;
    while (start < pending.length) {
      const found = next(start, known.delimiter, isLast);
      if (found === undefined) break;
      take(known, found);
      start = found.next;
      if (batch.length >= pieceLength) documents.push(flush(known));
    }
    pending = pending.slice(start);
    if (isLast && (batch.ends.length > 0 || !hasPieces)) documents.push(flush(known));
    return documents;
  }

  return {
    push: (bytes) => read(decoder.decode(bytes), false),
    end: () => read(decoder.end(), true),
  };
}
