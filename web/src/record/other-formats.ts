/** The first rows of a table (RFC 4180), its header among them. */
export function readTable(bytes: Uint8Array, rows: number): string[][] {
  const source = new TextDecoder().decode(bytes);
  const table: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  const endRow = (): void => {
    row.push(cell);
    if (row.length > 1 || cell !== "") table.push(row);
    row = [];
    cell = "";
  };
  for (let at = 0; at < source.length && table.length < rows; at += 1) {
    const character = source.charAt(at);
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (source.charAt(at + 1) === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (character === '"' && cell === "") isQuoted = true;
    else if (character === ",") {
      row.push(cell);
      cell = "";
    } else if (character === "\n") endRow();
    else if (character !== "\r") cell += character;
  }
  if (cell !== "" || row.length > 0) endRow();
  return table;
}
