/** The ids that a firewall has let through, on disk: they survive restarts and are shared by processes. */
import { mkdir, open, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MedexError } from "@medexchain/core";
import { syncFolder } from "@medexchain/core/durable-file";
import type { SeenRecords } from "@medexchain/pre";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

/**
 * Opens, and if need be makes, a store in a folder: one empty file per id, named after it, below its first byte. Creating a file that
 * must not exist (O_EXCL) is the test and the set at once, for any number of processes, and leaves nothing half-written. Never
 * delete from it: a forgotten id is one that may be re-randomised twice.
 *
 * @param folder where the store lives; on a local file system, as O_EXCL is not atomic on every network one
 * @throws CONFIG_INVALID when the folder cannot be made
 */
export async function openSeenRecords(folder: string): Promise<SeenRecords> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new MedexError("CONFIG_INVALID", "the folder of seen records cannot be made; choose one that is writable", {
      cause,
    });
  }
  return {
    has: async (id) => {
      try {
        await stat(fileOf(folder, id));
        return true;
      } catch (error) {
        if (codeOf(error) === "ENOENT") return false;
        throw error; // not knowing is not the same as not seen
      }
    },
    add: async (id) => {
      const file = fileOf(folder, id);
      const shard = dirname(file);
      if ((await mkdir(shard, { recursive: true })) !== undefined) await syncFolder(folder);
      try {
        await (await open(file, "wx")).close();
      } catch (error) {
        if (codeOf(error) === "EEXIST") return false;
        throw error;
      }
      await syncFolder(shard);
      return true;
    },
  };
}

/** The ids in a store, for a backup. */
export async function listSeenRecords(folder: string): Promise<Uint8Array[]> {
  const names = await readdir(folder, { recursive: true });
  return names.flatMap((name) => {
    const [id] = /[0-9a-f]{64}$/.exec(name) ?? [];
    return id === undefined ? [] : [hexToBytes(id)];
  });
}

function fileOf(folder: string, id: Uint8Array): string {
  const name = bytesToHex(id);
  return join(folder, name.slice(0, 2), name);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
