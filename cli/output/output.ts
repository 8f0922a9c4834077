import { styleText } from "node:util";
import { MedexError, toJson } from "@medexchain/core";

/** Where a command's results and remarks go: results to standard output, everything else to standard error. */
export interface Output {
  readonly json: boolean;
  /** The result: as JSON, one field of it, or as `human` says it. */
  result(value: unknown, human: () => void): void;
  /** A line of the human result. */
  line(text: string): void;
  /** A named fact of the human result. */
  fact(name: string, value: string): void;
  /** Columns; the first row is the head. */
  table(rows: readonly (readonly string[])[]): void;
  /** A remark that is no part of the result. */
  note(text: string): void;
  /** What is going on, where a person watches. */
  progress(text: string): void;
}

/** @param field path of the one field that is printed of a result, e.g. `0.state` */
export function createOutput(json: boolean, field?: string): Output {
  const line = (text: string) => void process.stdout.write(`${text}\n`);
  const dim = (text: string, stream: NodeJS.WriteStream) => styleText("dim", text, { stream, validateStream: true });
  return {
    json: json || field !== undefined,
    result(value, human) {
      if (field !== undefined) line(fieldOf(value, field));
      else if (json) line(toJson(value, { indent: 2 }));
      else human();
    },
    line,
    fact: (name, value) => line(`${dim(name.padEnd(16), process.stdout)} ${value}`),
    table(rows) {
      const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
      rows.forEach((row, index) => {
        const cells = row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd();
        line(index === 0 ? dim(cells, process.stdout) : cells);
      });
    },
    note: (text) => void process.stderr.write(`${text}\n`),
    progress: (text) => {
      if (process.stderr.isTTY) process.stderr.write(`${dim(`${text} …`, process.stderr)}\n`);
    },
  };
}

/** A field of a result: text as it is, all else as JSON. Throws INPUT_INVALID when there is no such field. */
function fieldOf(result: unknown, path: string): string {
  let value: unknown = JSON.parse(toJson(result));
  for (const step of path.split(".")) {
    const fields: Record<string, unknown> = typeof value === "object" && value !== null ? { ...value } : {};
    if (!Object.hasOwn(fields, step)) {
      const known = Object.keys(fields).join(", ") || "none";
      throw new MedexError("INPUT_INVALID", `it is done, but its result has no field ${path}; there are: ${known}`);
    }
    value = fields[step];
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Unix seconds as a date and time. */
export const timeOf = (seconds: bigint): string => new Date(Number(seconds) * 1000).toISOString().replace(".000", "");
