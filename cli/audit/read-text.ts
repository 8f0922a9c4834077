import { readFile } from "node:fs/promises";
import { MedexError } from "@medexchain/core";

/** Receipts and notes are short. */
const MAX_BYTES = 1_000_000;

/** Reads a small text file. Throws INPUT_INVALID where it cannot be read, or is too long. */
export async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new MedexError("INPUT_INVALID", `${file} cannot be read; check its name and permissions`, { cause });
  });
  if (bytes.length > MAX_BYTES) throw new MedexError("INPUT_INVALID", `${file} is too long for a receipt, note or key`);
  return bytes.toString("utf8");
}
