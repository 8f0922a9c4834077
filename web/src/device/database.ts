/** What the app keeps in this browser: vaults under their passphrases, ciphertexts, and boxes under keys of a vault. Nothing in the clear. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";

interface Schema extends DBSchema {
  /** Sealed contents (an age file in text), by the name that the person gave. */
  vaults: { key: string; value: string };
  /** Encrypted private fragments, by vault and record. */
  fragments: { key: [vault: string, recordId: string]; value: Uint8Array };
  /** Of approvals that are under way: their parts, by vault, request and name. */
  approvals: { key: [vault: string, requestId: string, part: string]; value: Uint8Array };
  /** Entries of channels' journals, in order. */
  journals: { key: [vault: string, requestId: string, number: number]; value: Uint8Array };
  /** Titles of records and the like, in boxes, by vault and id. */
  labels: { key: [vault: string, id: string]; value: Uint8Array };
}

export type Database = IDBPDatabase<Schema>;

/** Above every id and name. */
export const LAST = "\uffff";

let opening: Promise<Database> | undefined;

export function openDatabase(): Promise<Database> {
  opening ??= openDB<Schema>("medexchain", 1, {
    upgrade(database) {
      for (const name of ["vaults", "fragments", "approvals", "journals", "labels"] as const) {
        database.createObjectStore(name);
      }
    },
  });
  return opening;
}

/** Writes one value, on the disk before it resolves. */
export async function putDurably<N extends "vaults" | "fragments" | "approvals" | "journals" | "labels">(
  database: Database,
  name: N,
  key: Schema[N]["key"],
  value: Schema[N]["value"],
): Promise<void> {
  const transaction = database.transaction(name, "readwrite", { durability: "strict" });
  await Promise.all([transaction.store.put(value, key), transaction.done]);
}
