import { stat } from "node:fs/promises";
import { MedexError } from "@medexchain/core";
import { readJsoncFile } from "@medexchain/core/jsonc-file";
import type { z } from "zod";

/** Longest invite, in bytes. */
const MAX_BYTES = 512 * 1024;

/**
 * Reads a file with an invite.
 *
 * @throws CONFIG_INVALID naming the file and what is wrong with it, never a value
 */
export async function readInviteFile<T extends z.ZodType>(path: string, schema: T): Promise<z.infer<T>> {
  const info = await stat(path).catch(() => undefined); // reading says why
  if (info !== undefined && info.size > MAX_BYTES) {
    throw new MedexError("CONFIG_INVALID", `invite: ${path} is too long to be one; check the path`);
  }
  return readJsoncFile("invite", path, schema);
}
