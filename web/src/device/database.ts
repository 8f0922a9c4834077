/** What the app keeps in this browser: vaults under their passphrases, ciphertexts, and boxes under keys of a vault. Nothing in the clear. */
import { MedexError } from "@medexchain/core";
import { type DBSchema, type IDBPDatabase, openDB } from "idb";

/** A passphrase in an age file that the person's passkey opens (WebAuthn's PRF extension). */
export interface KeptPasskey {
  /** Which credential: age's `AGE-PLUGIN-FIDO2PRF-1…`. */
  readonly credential: string;
  readonly box: Uint8Array;
}

/** What was committed to in a study: kept until nobody can join any more, and published then. */
export interface KeptInput {
  readonly input: Uint8Array;
  readonly published: boolean;
}

interface Schema extends DBSchema {
  /** Sealed contents (an age file in text), by the name that the person gave. */
  vaults: { key: string; value: string };
  /** By vault. */
  passkeys: { key: string; value: KeptPasskey };
  /** Encrypted private fragments, by vault and record. */
  fragments: { key: [vault: string, recordId: string]; value: Uint8Array };
  /** Of approvals that are under way: their parts, by vault, request and name. */
  approvals: { key: [vault: string, requestId: string, part: string]; value: Uint8Array };
  /** Entries of channels' journals, in order. */
  journals: { key: [vault: string, requestId: string, number: number]; value: Uint8Array };
  /** What the person calls records and people, in boxes, by vault and id. */
  names: { key: [vault: string, id: string]; value: Uint8Array };
  /** Encrypted values that the person committed to in a study, by vault, study and digest. */
  inputs: { key: [vault: string, studyId: string, digest: string]; value: KeptInput };
}

const STORES = ["vaults", "passkeys", "fragments", "approvals", "journals", "names", "inputs"] as const;
type Store = (typeof STORES)[number];

export type Database = IDBPDatabase<Schema>;

/** Above every id and name. */
export const LAST = "\uffff";

let opening: Promise<Database> | undefined;

export function openDatabase(): Promise<Database> {
  opening ??= openDB<Schema>("medexchain", 3, {
    upgrade(database) {
      for (const name of STORES) if (!database.objectStoreNames.contains(name)) database.createObjectStore(name);
    },
    // Another tab has a newer app: it must not wait for this one.
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  });
  return opening;
}

/**
 * Keeps a new vault, on the disk before it resolves. Another tab may have made one of that name since it was looked for.
 *
 * @throws VAULT_EXISTS
 */
export async function addVault(database: Database, name: string, sealed: string): Promise<void> {
  const transaction = database.transaction("vaults", "readwrite", { durability: "strict" });
  try {
    await Promise.all([transaction.store.add(sealed, name), transaction.done]);
  } catch (cause) {
    if (cause instanceof DOMException && ["ConstraintError", "AbortError"].includes(cause.name))
      throw vaultExists(name);
    throw cause;
  }
}

export const vaultExists = (name: string): MedexError =>
  new MedexError(
    "VAULT_EXISTS",
    `this browser has an account named "${name}" already, which is not replaced: unlock it, or choose another name`,
  );

/** Writes one value, on the disk before it resolves. */
export async function putDurably<N extends Store>(
  database: Database,
  name: N,
  key: Schema[N]["key"],
  value: Schema[N]["value"],
): Promise<void> {
  const transaction = database.transaction(name, "readwrite", { durability: "strict" });
  await Promise.all([transaction.store.put(value, key), transaction.done]);
}
