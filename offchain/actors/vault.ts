import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Hex32 } from "../chain/index.ts";
import { MedexError } from "../errors.ts";

/** An owner's local store of encrypted private fragments (EPRF), by record id. It holds no key. */
export interface Vault {
  /** Writes durably, in one step: after a crash the fragment is there whole or not at all. */
  put(recordId: Hex32, fragment: Uint8Array): Promise<void>;
  /** @throws FRAGMENT_INVALID when the vault has no fragment of this record */
  get(recordId: Hex32): Promise<Uint8Array>;
  remove(recordId: Hex32): Promise<void>;
}

/**
 * Opens, and if need be makes, a vault in a folder that only its owner may read.
 *
 * @throws CONFIG_INVALID when the folder cannot be made
 */
export async function openVault(folder: string): Promise<Vault> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new MedexError("CONFIG_INVALID", `the vault ${folder} cannot be made; choose a folder that is writable`, {
      cause,
    });
  }
  const fileOf = (recordId: Hex32) => join(folder, `${recordId.slice(2)}.eprf`);
  return {
    async put(recordId, fragment) {
      const file = fileOf(recordId);
      const partial = `${file}.partial`;
      const handle = await open(partial, "w", 0o600);
      try {
        await handle.writeFile(fragment);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(partial, file);
    },
    async get(recordId) {
      try {
        return new Uint8Array(await readFile(fileOf(recordId)));
      } catch (cause) {
        throw new MedexError(
          "FRAGMENT_INVALID",
          `the vault ${folder} cannot give the private fragment of record ${recordId}; restore it from a backup`,
          { cause },
        );
      }
    },
    remove: (recordId) => rm(fileOf(recordId), { force: true }),
  };
}
