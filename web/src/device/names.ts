import { fromHex32, type Hex32 } from "@medexchain/chain";
import { openXChaCha, sealXChaCha } from "@medexchain/core";
import { encodeName, type Name, namesKey, parseName } from "@medexchain/vault/names";
import { type Database, LAST, putDurably } from "./database.ts";

/**
 * What the person calls records and people, by their ids. A title says as much as a record: each is in a box under a key of the vault. The
 * command keeps the same names in files.
 */
export interface Names {
  get(id: Hex32): Promise<Name | undefined>;
  put(name: Name): Promise<void>;
  list(): Promise<Name[]>;
}

/** @param accountKey of the vault, from which the key derives */
export function openNames(database: Database, vault: string, accountKey: Uint8Array): Names {
  const key = namesKey(accountKey);
  /** A box that does not open, or holds another's name, is as good as none. */
  const open = (id: Hex32, box: Uint8Array): Name | undefined => {
    const bytes = openXChaCha(key, box, fromHex32(id));
    const name = bytes && parseName(bytes);
    return name?.id === id ? name : undefined;
  };
  return {
    async get(id) {
      const box = await database.get("names", [vault, id]);
      return box && open(id, box);
    },
    put: (name) =>
      putDurably(database, "names", [vault, name.id], sealXChaCha(key, encodeName(name), fromHex32(name.id))),
    async list() {
      const range = IDBKeyRange.bound([vault, ""], [vault, LAST]);
      const [keys, boxes] = await Promise.all([database.getAllKeys("names", range), database.getAll("names", range)]);
      return keys.flatMap(([, id], at) => {
        const name = boxes[at] && open(id as Hex32, boxes[at]); // written above
        return name === undefined ? [] : [name];
      });
    },
  };
}
