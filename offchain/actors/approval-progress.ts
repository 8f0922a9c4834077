import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileDurably } from "@medexchain/core/durable-file";
import { openFileJournal, type PublicationJournal } from "@medexchain/tangle";
import { equalBytes } from "@noble/curves/utils.js";

/** What is kept of an approval that is under way. Both parts are encrypted, and public once the approval is through. */
export type ApprovalPart = "message" | "sealed-rekey";

/** How far an approval has come: one that broke off goes on with what it had made, instead of making and publishing it anew. */
export interface ApprovalProgress extends AsyncDisposable {
  /** Of the message's channel. */
  readonly journal: PublicationJournal;
  /** Whether the part was made before. */
  has(part: ApprovalPart): Promise<boolean>;
  /** The part if it was made before; else makes it, and keeps it durably. */
  once(part: ApprovalPart, make: () => Promise<Uint8Array>): Promise<Uint8Array>;
}

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
    has: async (part) => (await readIfThere(join(folder, part))) !== undefined,
    once: async (part, make) => {
      const file = join(folder, part);
      const before = await readIfThere(file);
      if (before) return before;
      const made = await make();
      await writeFileDurably(file, made);
      return made;
    },
    [Symbol.asyncDispose]: () => journal.close(),
  };
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
