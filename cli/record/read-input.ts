import { readFile, stat } from "node:fs/promises";
import { MedexError } from "@medexchain/core";

/** Reads a file that the command was given. Throws INPUT_INVALID. */
export async function readInput(path: string): Promise<Buffer> {
  return readFile(path).catch((cause) => {
    throw new MedexError("INPUT_INVALID", `cannot read ${path}; check the path and its permissions`, { cause });
  });
}

/** Reads a record. One that is too long to be published is refused unread. Throws INPUT_INVALID. */
export async function readRecordFile(path: string): Promise<Uint8Array> {
  const { requirePublishableLength } = await import("@medexchain/actors");
  const info = await stat(path).catch(() => undefined); // reading says why
  if (info?.isFile()) requirePublishableLength(info.size);
  const { buffer, byteOffset, length } = await readInput(path);
  const bytes = new Uint8Array(buffer, byteOffset, length); // of a large file there is no second copy
  requirePublishableLength(bytes.length); // a pipe says nothing of its length
  return bytes;
}
