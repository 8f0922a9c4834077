import { openXChaCha, sealXChaCha } from "@medexchain/core";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { type Database, LAST, putDurably } from "./database.ts";

/** What the person calls things, by their ids. A title says as much as a record: it is in a box under a key of the vault. */
export interface Labels {
  get(id: string): Promise<string | undefined>;
  set(id: string, label: string): Promise<void>;
  all(): Promise<ReadonlyMap<string, string>>;
}

/** Characters of a label. */
const LONGEST = 200;

/** @param secret of the vault, from which the key derives */
export function openLabels(database: Database, vault: string, secret: Uint8Array): Labels {
  const key = hkdf(sha256, secret, undefined, utf8ToBytes("medexchain/v1/app-labels"), 32);
  const open = (id: string, box: Uint8Array): string | undefined => {
    const bytes = openXChaCha(key, box, utf8ToBytes(id));
    return bytes && new TextDecoder().decode(bytes);
  };
  return {
    async get(id) {
      const box = await database.get("labels", [vault, id]);
      return box && open(id, box);
    },
    set: (id, label) =>
      putDurably(
        database,
        "labels",
        [vault, id],
        sealXChaCha(key, utf8ToBytes(label.slice(0, LONGEST)), utf8ToBytes(id)),
      ),
    async all() {
      const range = IDBKeyRange.bound([vault, ""], [vault, LAST]);
      const [keys, boxes] = await Promise.all([database.getAllKeys("labels", range), database.getAll("labels", range)]);
      return new Map(
        keys.flatMap(([, id], at): [string, string][] => {
          const label = boxes[at] && open(id, boxes[at]);
          return label === undefined ? [] : [[id, label]];
        }),
      );
    },
  };
}
