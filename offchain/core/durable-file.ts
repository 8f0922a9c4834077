/** Files that are there whole or not at all, after a crash or a power cut too. */
import { link, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { partialName } from "./partial-files.ts";

export { removeAbandoned, removeAbandonedOf } from "./partial-files.ts";

/**
 * Writes a file in one step, durably, for its owner only (mode 0600): into a new file beside it, which then takes its name.
 *
 * @param bytes all at once, or in pieces, which are written as they come
 * @param options.exclusive fail with the system's EEXIST when there is such a file; it is replaced unless given
 */
export async function writeFileDurably(
  path: string,
  bytes: Uint8Array | string | Iterable<string> | AsyncIterable<string>,
  options: { readonly exclusive?: boolean } = {},
): Promise<void> {
  const partial = partialName(path);
  try {
    const handle = await open(partial, "wx", 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // A hard link fails where the name is taken; a rename does not.
    if (options.exclusive) await link(partial, path);
    else await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  await syncFolder(dirname(path));
}

/** Makes new names in a folder survive a power cut. Windows cannot open folders and journals their entries itself. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A file that is written part by part. Nothing has its name before it is committed; keep it with `await using`. */
export interface DurableFile extends AsyncDisposable {
  /** Appends. */
  write(bytes: Uint8Array): Promise<void>;
  /** Gives the file its name, durably; in place of one that had it, unless it was begun as exclusive. */
  commit(): Promise<void>;
}

/**
 * Begins a file for its owner only (mode 0600), as `writeFileDurably` does in one step. One that is not committed leaves nothing; of a
 * process that was killed meanwhile, `removeAbandoned` takes away what it leaves.
 *
 * @param options.exclusive `commit` fails with the system's EEXIST when there is such a file; it is replaced unless given
 */
export async function beginDurableFile(
  path: string,
  options: { readonly exclusive?: boolean } = {},
): Promise<DurableFile> {
  const partial = partialName(path);
  const handle = await open(partial, "wx", 0o600);
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await handle.close();
    isOpen = false;
  };
  return {
    write: (bytes) => handle.writeFile(bytes),
    async commit() {
      await handle.sync();
      await close();
      // A hard link fails where the name is taken; a rename does not.
      if (options.exclusive) await link(partial, path);
      else await rename(partial, path);
      await syncFolder(dirname(path));
    },
    async [Symbol.asyncDispose]() {
      await close();
      await rm(partial, { force: true });
    },
  };
}
