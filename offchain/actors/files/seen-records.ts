/** The ids that a firewall has let through, on disk: they survive restarts and are shared by processes. */
import { mkdir, open, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MedexError } from "@medexchain/core";
import { syncFolder } from "@medexchain/core/durable-file";
import type { SeenIds, SeenRecords } from "@medexchain/pre";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

const RECORDS = "records";
const SIGN_OFFS = "sign-offs";

/** The name of a folder of ids: their first byte. */
const SHARD = /^[0-9a-f]{2}$/;
const ID = /^[0-9a-f]{64}$/;

/**
 * Opens, and if need be makes, a store in a folder: one empty file per id, named after it, below its kind and its first byte. Creating a
 * file that must not exist (O_EXCL) is the test and the set at once, for any number of processes, and leaves nothing half-written.
 * Never delete from it: a forgotten id is one that may be re-randomised twice.
 *
 * A store that was made before the kinds were told apart has ids below the folder itself. Nobody can say of which kind each is, so they
 * count as both, and stay where they are.
 *
 * @param folder where the store lives; on a local file system, as O_EXCL is not atomic on every network one
 * @throws CONFIG_INVALID when the folder cannot be made
 */
export async function openSeenRecords(folder: string): Promise<SeenRecords> {
  return { records: await openIds(folder, RECORDS), signOffs: await openIds(folder, SIGN_OFFS) };
}

async function openIds(folder: string, kind: string): Promise<SeenIds> {
  const own = join(folder, kind);
  try {
    if ((await mkdir(own, { recursive: true })) !== undefined) await syncFolder(folder);
  } catch (cause) {
    throw new MedexError("CONFIG_INVALID", "the folder of seen records cannot be made; choose one that is writable", {
      cause,
    });
  }
  return {
    has: async (id) => (await exists(fileOf(own, id))) || exists(fileOf(folder, id)),
    add: async (id) => {
      if (await exists(fileOf(folder, id))) return false; // nothing is added there any more, so this does not change
      const file = fileOf(own, id);
      const shard = dirname(file);
      if ((await mkdir(shard, { recursive: true })) !== undefined) await syncFolder(own);
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

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error; // not knowing is not the same as not seen
  }
}

/** The ids in a store, for a backup; those of before the kinds were told apart are in both lists. */
export async function listSeenRecords(folder: string): Promise<{ records: Uint8Array[]; signOffs: Uint8Array[] }> {
  const both = await listIds(folder);
  const [records, signOffs] = await Promise.all([listIds(join(folder, RECORDS)), listIds(join(folder, SIGN_OFFS))]);
  return { records: [...both, ...records], signOffs: [...both, ...signOffs] };
}

async function listIds(folder: string): Promise<Uint8Array[]> {
  const shards = (await namesIn(folder)).filter((name) => SHARD.test(name));
  const names = await Promise.all(shards.map((shard) => namesIn(join(folder, shard))));
  return names.flat().flatMap((name) => (ID.test(name) ? [hexToBytes(name)] : []));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

function fileOf(folder: string, id: Uint8Array): string {
  const name = bytesToHex(id);
  return join(folder, name.slice(0, 2), name);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
