import { styleText } from "node:util";
import { MedexError } from "@medexchain/core";
import type { z } from "zod";
import { inert } from "./inert.ts";

type Scalar = bigint | boolean | number | string | null | undefined;

/** What a schema's JSON is made of: the same, but nothing in it need be writable. */
export type Value<T> = T extends Scalar
  ? T
  : T extends readonly (infer E)[]
    ? readonly Value<E>[]
    : { readonly [K in keyof T]: Value<T[K]> };

/** The same value, where it has no field that its schema lacks: such a field would not be printed, and nobody would see why. */
type Exactly<V, T> = V extends Scalar
  ? V
  : V extends readonly (infer E)[]
    ? readonly Exactly<E, T extends readonly (infer F)[] ? F : never>[]
    : { readonly [K in keyof V]: K extends keyof T ? Exactly<V[K], Exclude<T[K], undefined>> : never };

/** Where a command's results and remarks go: results to standard output, everything else to standard error. */
export interface Output {
  readonly json: boolean;
  /**
   * The result: as JSON, one field of it, or as `human` says it.
   *
   * @param schema of the JSON, which holds what the schema has and nothing else; listed in cli/json-outputs.ts
   */
  result<S extends z.ZodType, const V extends Value<z.output<S>>>(
    schema: S,
    value: V & Exactly<V, z.output<S>>,
    human: () => void,
  ): void;
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
  const write = (text: string) => void process.stdout.write(`${text}\n`);
  const line = (text: string) => write(inert(text));
  const dim = (text: string, stream: NodeJS.WriteStream) => styleText("dim", text, { stream, validateStream: true });
  return {
    json: json || field !== undefined,
    result(schema, value, human) {
      if (field === undefined && !json) return human();
      const encoded = schema.encode(value as z.output<typeof schema>); // as below
      write(field === undefined ? JSON.stringify(encoded, undefined, 2) : fieldOf(encoded, field));
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
    note: (text) => void process.stderr.write(`${inert(text)}\n`),
    progress: (text) => {
      if (process.stderr.isTTY) process.stderr.write(`${dim(`${inert(text)} …`, process.stderr)}\n`);
    },
  };
}

/** A value as the JSON of its schema: what the schema does not have is left out. */
export function encodeWith<S extends z.ZodType, const V extends Value<z.output<S>>>(
  schema: S,
  value: V & Exactly<V, z.output<S>>,
): z.input<S> {
  return schema.encode(value as z.output<S>); // which differs in what may be written to
}

/** A field of a result: text as it is, all else as JSON. Throws INPUT_INVALID when there is no such field. */
function fieldOf(result: unknown, path: string): string {
  let value: unknown = JSON.parse(JSON.stringify(result));
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
