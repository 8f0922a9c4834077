import { readFile } from "node:fs/promises";
import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import type { z } from "zod";
import { MedexError } from "./errors.ts";

/**
 * Reads a configuration file, JSON in which comments and trailing commas are allowed.
 *
 * @param what its name for errors ("deployment configuration")
 * @throws CONFIG_INVALID naming the file, and the line or each wrong key; never a value
 */
export async function readJsoncFile<T extends z.ZodType>(what: string, path: string, schema: T): Promise<z.infer<T>> {
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new MedexError("CONFIG_INVALID", `${what}: cannot read ${path}: check the path`, { cause });
  });
  return parseJsonc(what, path, text, schema);
}

/**
 * Parses what is in a configuration file, or is to be written into it.
 *
 * @throws CONFIG_INVALID as `readJsoncFile` does
 */
export function parseJsonc<T extends z.ZodType>(what: string, path: string, text: string, schema: T): z.infer<T> {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) {
    const line = text.slice(0, first.offset).split("\n").length;
    throw new MedexError("CONFIG_INVALID", `${what}: ${path}, line ${line}: ${printParseErrorCode(first.error)}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path: keys, message }) => `${keys.join(".") || "(top level)"}: ${message}`);
  throw new MedexError("CONFIG_INVALID", `${what}: ${path}: ${issues.join("; ")}`);
}
