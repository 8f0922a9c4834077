/**
 * CSV with exact spans (RFC 4180): cells as they are written, so that whatever is read can be written back byte for byte.
 * Stricter than most readers, since two readers must not see two tables: every row has as many cells as the header, a quote
 * stands only round a whole cell (doubled inside), and a carriage return only before a line feed or inside quotes. Rows end
 * with LF or CRLF, mixed or not; the last one may have no end.
 */

import { MedexError } from "@medexchain/core";

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
export const BYTE_ORDER_MARK = "\uFEFF";

/** Delimiters that are recognised, in order of preference. */
const DELIMITERS = [",", ";", "\t"] as const;

/** A row longer than this is refused: a quote that never closes would otherwise take the whole file. UTF-16 units. */
export const MAX_ROW_LENGTH = 1 << 20;

export interface CsvRow {
  /** Exact texts, with quotes. */
  readonly cells: string[];
  /** `\n`, `\r\n`, or nothing where the text ends. */
  readonly end: string;
  /** Where the next row begins. */
  readonly next: number;
}

/** What is wrong in a text, and where (UTF-16 units); thrown by this file's scanner and never leaves this folder. */
export class CsvFault extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Where the cell ends that begins at `start`: at a delimiter, a line end, or the end of the text. */
function cellEnd(source: string, start: number, delimiter: number): number {
  let i = start;
  if (source.charCodeAt(i) === QUOTE) {
    for (;;) {
      const quote = source.indexOf('"', i + 1);
      if (quote < 0) throw new CsvFault("a quote is not closed", source.length);
      i = quote + 1;
      if (source.charCodeAt(i) !== QUOTE) break;
    }
    const c = source.charCodeAt(i);
    const isEnd = i === source.length || c === delimiter || c === LF || (c === CR && source.charCodeAt(i + 1) === LF);
    // A carriage return at the very end may yet be followed by a line feed.
    if (isEnd || (c === CR && i + 1 === source.length)) return i;
    throw new CsvFault("a quoted cell goes on after its quote", i);
  }
  for (; i < source.length; i++) {
    const c = source.charCodeAt(i);
    if (c === delimiter || c === LF) return i;
    if (c === CR) {
      if (source.charCodeAt(i + 1) === LF || i + 1 === source.length) return i;
      throw new CsvFault("a carriage return stands alone", i);
    }
    if (c === QUOTE) throw new CsvFault("a quote stands inside a cell that does not begin with one", i);
  }
  return i;
}

/**
 * Reads one row.
 * @param isLast whether nothing follows the text
 * @returns undefined if the row may go on beyond the text
 * @throws CsvFault
 */
export function readRow(source: string, start: number, delimiter: string, isLast: boolean): CsvRow | undefined {
  const code = delimiter.charCodeAt(0);
  const cells: string[] = [];
  for (let i = start; ; ) {
    let end: number;
    try {
      end = cellEnd(source, i, code);
    } catch (fault) {
      if (!isLast && fault instanceof CsvFault && fault.offset >= source.length) return undefined;
      throw fault;
    }
    cells.push(source.slice(i, end));
    const c = source.charCodeAt(end);
    if (c === LF) return { cells, end: "\n", next: end + 1 };
    if (c === CR && source.charCodeAt(end + 1) === LF) return { cells, end: "\r\n", next: end + 2 };
    if (c === code) {
      i = end + 1;
      continue;
    }
    if (!isLast) return undefined;
    if (c === CR) throw new CsvFault("a carriage return stands alone", end);
    return { cells, end: "", next: end };
  }
}

/** The text that a cell stands for. */
export function cellText(cell: string): string {
  return cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
}

/**
 * Names for columns: the header's, made unique. A column without a name, as programs write for a table's index, is named by its
 * place (`column[1]`, from 1), and the second of a name `age[2]`.
 */
export function columnNames(headers: readonly string[]): string[] {
  const taken = new Set(headers.filter((header) => header !== ""));
  const seen = new Set<string>();
  return headers.map((header, i) => {
    if (header !== "" && !seen.has(header)) {
      seen.add(header);
      return header;
    }
    const base = header === "" ? "column" : header;
    let number = header === "" ? i + 1 : 2;
    while (taken.has(`${base}[${number}]`)) number++;
    const name = `${base}[${number}]`;
    taken.add(name);
    return name;
  });
}

/** The delimiter of a header line: the one that gives most cells; a comma where none occurs. */
export function detectDelimiter(header: string): string {
  const counts = DELIMITERS.map((delimiter) => {
    try {
      return readRow(header, 0, delimiter, true)?.cells.length ?? 0;
    } catch {
      return 0; // with this delimiter, a quote is out of place
    }
  });
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

/**
 * The first rows of a table, its header among them, as the texts that their cells stand for. Where a text stops being CSV, the rows before it are
 * all there are.
 */
export function firstRows(text: string, most: number): string[][] {
  const start = text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
  const lineFeed = text.indexOf("\n");
  const delimiter = detectDelimiter(text.slice(start, lineFeed < 0 ? undefined : lineFeed + 1));
  const rows: string[][] = [];
  try {
    for (let next = start; next < text.length && rows.length < most; ) {
      const row = readRow(text, next, delimiter, true);
      if (row === undefined) break;
      rows.push(row.cells.map(cellText));
      next = row.next;
    }
  } catch (fault) {
    if (!(fault instanceof CsvFault)) throw fault;
  }
  return rows;
}

/**
 * Cells of a column, joined by line feeds, apart again.
 * @returns undefined if the text is not `rows` cells, or one could break out of its place
 */
export function splitCells(column: string, rows: number, delimiter: string): string[] | undefined {
  if (rows === 0) return column === "" ? [] : undefined;
  const cells: string[] = [];
  try {
    for (let start = 0; ; ) {
      const row = readRow(column, start, delimiter, true);
      const [cell, ...others] = row?.cells ?? [];
      if (row === undefined || cell === undefined || others.length > 0 || row.end === "\r\n") return undefined;
      cells.push(cell);
      if (row.end === "") break;
      start = row.next;
    }
  } catch {
    return undefined; // the caller names the feature; a fault would only repeat its text's positions
  }
  return cells.length === rows && column.isWellFormed() ? cells : undefined;
}

/** An error in a CSV record; `row` counts from 1, the header being the first. */
export function csvError(row: number, what: string): MedexError {
  return new MedexError("RECORD_FORMAT", `not CSV (RFC 4180): ${what} in row ${row}: correct the record`);
}
