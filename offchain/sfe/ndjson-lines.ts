/** Lines of an NDJSON record, for whoever reads one or its template. */

/** Lines with their ends: put together they are the text again. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Whether a line holds no resource: white space of JSON's alone. */
export function isBlankLine(line: string): boolean {
  return /^[ \t\r\n]*$/.test(line);
}

/** The name of a line's feature; lines count from 0. */
export function lineName(line: number, name: string): string {
  return `line[${line}].${name}`;
}
