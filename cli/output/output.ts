import { styleText } from "node:util";
import { MedexError, toJson } from "@medexchain/core";
import type { z } from "zod";
import type { Jsonified } from "./json-types.ts";

/** Where a command's results and remarks go: results to standard output, everything else to standard error. */
export interface Output {
  readonly json: boolean;
  /**
   * The result: as JSON that has the command's schema, one field of it, or as `human` says it.
   *
   * @throws ZodError where the value does not have the schema, which is a fault of the command
   */
  result<S extends z.ZodType, V>(schema: S, value: Fitting<S, V>, human: () => void): void;
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

/** A value whose JSON has the schema. */
type Fitting<S extends z.ZodType, V> = V & (Jsonified<V> extends z.output<S> ? unknown : { doesNotFit: z.output<S> });

/** @param field path of the one field that is printed of a result, e.g. `0.state` */
export function createOutput(json: boolean, field?: string): Output {
  const line = (text: string) => void process.stdout.write(`${text}\n`);
  const dim = (text: string, stream: NodeJS.WriteStream) => styleText("dim", text, { stream, validateStream: true });
  return {
    json: json || field !== undefined,
    result(schema, value, human) {
      if (field === undefined && !json) return human();
      // Through the schema, which is what programs are told of the result.
      const result = schema.parse(JSON.parse(toJson(value)));
      line(field === undefined ? JSON.stringify(result, undefined, 2) : fieldOf(result, field));
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

/**
 * One of many results, as a line of JSON. The compiler alone checks that it has the schema: a history may have millions.
 */
export const jsonLine = <S extends z.ZodType, V>(_schema: S, value: Fitting<S, V>): string => `${toJson(value)}\n`;

/** A field of a result: text as it is, all else as JSON. Throws INPUT_INVALID when there is no such field. */
function fieldOf(result: unknown, path: string): string {
  let value = result;
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
