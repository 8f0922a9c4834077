import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fromHex32, type Hex32, MedexError, openXChaCha, sealXChaCha } from "@medexchain/core";
import { removeAbandoned, writeFileDurably } from "@medexchain/core/durable-file";
import { encodeName, type Name, namesKey, parseName } from "./names.ts";

/** Names that a store has at most, and bytes of one. */
const MAX_NAMES = 100_000;
const MAX_BYTES = 64 * 1024;
const FORM = /^([0-9a-f]{64})\.name$/;

/**
 * What the owner of a vault calls records and people: beside the vault, a sealed file each, named after the id, so that two commands that
 * run at once take nothing from each other. Wipe it with `using`.
 */
export interface NameStore extends Disposable {
  /** Keeps a name, in place of the one that the id had. */
  put(name: Name): Promise<void>;
  /** All names, the oldest first. What of them cannot be read is told of by its path, and left out. */
  list(): Promise<{ names: Name[]; damaged: string[] }>;
  remove(id: Hex32): Promise<void>;
}

/**
 * Opens the store of a vault. Its folder is made with the first name.
 *
 * @param accountKey of the vault, 32 bytes; what is derived of it is wiped on disposal
 */
export function openNameStore(folder: string, accountKey: Uint8Array): NameStore {
  const key = namesKey(accountKey);
  const fileOf = (id: Hex32) => join(folder, `${id.slice(2)}.name`);
  const read = async (id: Hex32): Promise<Name | undefined> => {
    const path = fileOf(id);
    const size = await stat(path).then(
      (info) => info.size,
      () => undefined,
    ); // gone since
    if (size === undefined || size > MAX_BYTES) return undefined;
    const opened = openXChaCha(key, new Uint8Array(await readFile(path)), fromHex32(id));
    if (opened === undefined) return undefined;
    try {
      const name = parseName(opened);
      return name.id === id ? name : undefined;
    } catch {
      return undefined; // told of as damaged
    }
  };
  return {
    async put(name) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await removeAbandoned(folder);
      const sealed = sealXChaCha(key, encodeName(name), fromHex32(name.id));
      if (sealed.length > MAX_BYTES)
        throw new MedexError("INPUT_INVALID", "the name is too long; choose a shorter one");
      await writeFileDurably(fileOf(name.id), sealed);
    },
    async list() {
      const files = await readdir(folder).catch((error: unknown) => {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
        throw new MedexError("CONFIG_INVALID", `the names in ${folder} cannot be read; check its permissions`, {
          cause: error,
        });
      });
      const names: Name[] = [];
      const damaged: string[] = [];
      for (const file of files.slice(0, MAX_NAMES)) {
        const [, digits] = FORM.exec(file) ?? [];
        if (digits === undefined) continue;
        const name = await read(`0x${digits}`);
        if (name === undefined) damaged.push(join(folder, file));
        else names.push(name);
      }
      return { names: names.sort((one, other) => one.date - other.date), damaged };
    },
    remove: (id) => rm(fileOf(id), { force: true }),
    [Symbol.dispose]: () => void key.fill(0),
  };
}
