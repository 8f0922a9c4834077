import { access, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { beginDurableFile, writeFileDurably } from "@medexchain/core/durable-file";
import { openFileJournal } from "@medexchain/tangle/file-journal";
import { equalBytes } from "@noble/curves/utils.js";
import type { ApprovalProgress, PayloadFile } from "../approval-progress.ts";

/**
 * Opens what a folder has of an approval.
 *
 * @param binding 32 bytes that name all that the approval depends on (for whom, what, under which keys): what was kept for another
 *   binding is removed
 */
export async function openApprovalProgress(folder: string, binding: Uint8Array): Promise<ApprovalProgress> {
  const bindingFile = join(folder, "binding");
  // Absent where nothing was begun, or it broke off before anything was made.
  const kept = await readIfThere(bindingFile);
  if (kept === undefined || !equalBytes(kept, binding)) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFileDurably(bindingFile, binding);
  }
  const journal = await openFileJournal(join(folder, "journal"));
  return {
    journal,
    has: (part) => isThere(join(folder, part)),
    once: async (part, make) => {
      const file = join(folder, part);
      const before = await readIfThere(file);
      if (before) return before;
      const made = await make();
      await writeFileDurably(file, made);
      return made;
    },
    drop: (part) => rm(join(folder, part), { force: true }),
    async file(part, make) {
      const path = join(folder, part);
      if (!(await isThere(path))) {
        await using made = await beginDurableFile(path);
        await make(made.write);
        await made.commit();
      }
      return openPayloadFile(path);
    },
    [Symbol.asyncDispose]: () => journal.close(),
  };
}

async function openPayloadFile(path: string): Promise<PayloadFile> {
  const handle = await open(path);
  const { size } = await handle.stat();
  return {
    length: size,
    async read(start, end) {
      const bytes = new Uint8Array(end - start);
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
        if (bytesRead === 0) throw new RangeError(`${path} became shorter while it was read`);
        filled += bytesRead;
      }
      return bytes;
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false, // a folder that cannot be read is told when the part is written
  );
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
