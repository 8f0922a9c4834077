import { type FileHandle, open } from "node:fs/promises";
import { MedexError } from "@medexchain/core";
import type { PublicationJournal } from "./journal.ts";

/** A journal in a file. */
export interface FileJournal extends PublicationJournal {
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens, and if need be makes, a journal: one line of base64 per entry, flushed to the disk before `append` resolves. A last line
 * that a crash cut short was never acknowledged, and is removed.
 *
 * @param path on a local file system; readable by its owner alone if it is made
 * @throws MedexError CONFIG_INVALID when the file cannot be opened
 */
export async function openFileJournal(path: string): Promise<FileJournal> {
  let file: FileHandle;
  try {
    file = await open(path, "a+", 0o600);
  } catch (cause) {
    throw new MedexError("CONFIG_INVALID", "Tangle journal: the file cannot be opened; choose one that is writable", {
      cause,
    });
  }
  const content = await readAll(file);
  await file.truncate(content.lastIndexOf(0x0a) + 1);
  let writing: Promise<void> = Promise.resolve();
  const journal: FileJournal = {
    async entries() {
      const text = (await readAll(file)).toString("latin1");
      return text
        .split("\n")
        .slice(0, -1)
        .map((line) => Uint8Array.from(Buffer.from(line, "base64")));
    },
    append(entry) {
      // one write at a time, at the end of the file; an earlier failure was reported to whoever caused it
      writing = writing
        .catch(() => {})
        .then(async () => {
          await file.appendFile(`${Buffer.from(entry).toString("base64")}\n`);
          await file.datasync();
        });
      return writing;
    },
    close: () => file.close(),
    [Symbol.asyncDispose]: () => file.close(),
  };
  return journal;
}

/** From the start, wherever the file's position is. */
async function readAll(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await file.read(bytes, 0, size, 0);
  return bytes.subarray(0, bytesRead);
}
