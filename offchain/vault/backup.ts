import { type FileHandle, open } from "node:fs/promises";
import { MedexError } from "@medexchain/core";
import { beginDurableFile, removeAbandonedOf } from "@medexchain/core/durable-file";
import { type Backup, decryptBackup, encryptBackup, type OpenedBackup } from "./backup-contents.ts";

/**
 * Writes a backup into one encrypted file, with mode 0600, piece by piece: it may be of any length.
 *
 * @throws INPUT_INVALID when there is such a file, or the passphrase is too short; FRAGMENT_INVALID when a fragment does not have its length
 */
export async function writeBackup(path: string, backup: Backup, passphrase: string): Promise<void> {
  const refused = (cause: unknown): MedexError =>
    new MedexError("INPUT_INVALID", `${path} cannot be created: choose a new name, in a folder that is writable`, {
      cause,
    });
  if (await isThere(path)) throw refused(undefined);
  const sealed = encryptBackup(backup, passphrase);
  await using file = await removeAbandonedOf(path)
    .then(() => beginDurableFile(path, { exclusive: true }))
    .catch((cause) => {
      throw refused(cause);
    });
  for await (const bytes of sealed) await file.write(bytes);
  await file.commit().catch((cause) => {
    throw refused(cause);
  });
}

async function isThere(path: string): Promise<boolean> {
  const handle = await open(path).catch(() => undefined);
  await handle?.close();
  return handle !== undefined;
}

/**
 * Opens a backup that is in a file, see `decryptBackup`.
 *
 * @throws as `decryptBackup`; INPUT_INVALID (no such file)
 */
export async function openBackup(path: string, passphrase: string): Promise<OpenedBackup> {
  const file = await open(path).catch((cause) => {
    throw new MedexError("INPUT_INVALID", `the backup ${path} cannot be read; check the path`, { cause });
  });
  try {
    const { size } = await file.stat();
    const source = { name: path, length: size, read: (start: number, end: number) => readFrom(file, start, end) };
    const backup = await decryptBackup(source, passphrase);
    return {
      ...backup,
      async [Symbol.asyncDispose]() {
        await backup[Symbol.asyncDispose]();
        await file.close();
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readFrom(file: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const { bytesRead, buffer } = await file.read(new Uint8Array(end - start), 0, end - start, start);
  return buffer.subarray(0, bytesRead);
}
