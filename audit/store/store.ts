/** The auditor's own copy of what nodes said: logs, the headers of their blocks, and their transactions, in one SQLite file. */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MedexError } from "@medexchain/core";
import { keccak256, toUtf8Bytes } from "ethers";
import type { AuditSource } from "../access-history.ts";

export type Store = DatabaseSync;

const SCHEMA = `
  CREATE TABLE cursor (chain INTEGER PRIMARY KEY, block INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
  CREATE TABLE block (
    chain INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL, timestamp INTEGER NOT NULL, PRIMARY KEY (chain, number)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tx (
    chain INTEGER NOT NULL, block INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL, sender BLOB NOT NULL, recipient BLOB,
    input BLOB NOT NULL, signed BLOB, PRIMARY KEY (chain, block, place)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE log (
    chain INTEGER NOT NULL, block INTEGER NOT NULL, position INTEGER NOT NULL, place INTEGER NOT NULL, tx BLOB NOT NULL,
    contract TEXT NOT NULL, event TEXT NOT NULL, topics BLOB NOT NULL, data BLOB NOT NULL, request BLOB,
    PRIMARY KEY (chain, block, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE member (id BLOB PRIMARY KEY, hospital BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE record (id BLOB PRIMARY KEY, owner BLOB NOT NULL, contents BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE request (
    ordinal INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, time INTEGER NOT NULL, record BLOB NOT NULL, requester BLOB NOT NULL
  ) STRICT;
  CREATE INDEX request_time ON request (time, ordinal);
`;
/** What is looked up once everything was read: sorted at once, they take a tenth of what they take row by row. */
const INDICES = `
  CREATE INDEX IF NOT EXISTS log_request ON log (request) WHERE request IS NOT NULL;
  CREATE INDEX IF NOT EXISTS log_event ON log (event, chain, block, position);
  CREATE INDEX IF NOT EXISTS log_consent ON log (chain, substr(topics, 33, 32), block, position)
    WHERE event IN ('ConsentGiven', 'ConsentRevoked', 'ConsentUsed');
`;
/** Of the schema; a store of another one is left alone. */
const VERSION = 3;

/**
 * Opens the store of a set of deployments; makes it where there is none.
 *
 * @throws INPUT_INVALID where the folder cannot be written, or the file is no store
 */
export function openStore(directory: string, sources: readonly AuditSource[]): Store {
  const path = storePath(directory, sources);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const store = new DatabaseSync(path, { timeout: 10_000 });
    // A cache: what a power cut loses is read again, since the cursor goes with it.
    store.exec(
      "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000; PRAGMA temp_store = FILE",
    );
    const { user_version: version } = store.prepare("PRAGMA user_version").get() ?? {};
    if (version === 0) inTransaction(store, () => store.exec(`${SCHEMA} PRAGMA user_version = ${VERSION}`));
    else if (version !== VERSION) throw new Error(`it has version ${version}`);
    return store;
  } catch (cause) {
    throw new MedexError("INPUT_INVALID", `audit store ${path} cannot be used: check the folder, or delete the file`, {
      cause,
    });
  }
}

/** Readies a store for being looked up, after its first reading. */
export const indexStore = (store: Store): void => inTransaction(store, () => store.exec(INDICES));

/**
 * Takes a store out of use, so that the next reading begins anew. The file stays beside it, as evidence of what nodes had said.
 *
 * @returns where it is now; undefined where there was none
 * @throws INPUT_INVALID where it is in use, or cannot be renamed
 */
export function setStoreAside(directory: string, sources: readonly AuditSource[]): string | undefined {
  const path = storePath(directory, sources);
  if (!existsSync(path)) return undefined;
  const aside = path.replace(/\.sqlite$/, `.${new Date().toISOString().replaceAll(":", "-")}.sqlite`);
  try {
    const store = new DatabaseSync(path);
    try {
      // All in one file; it fails while another run has the store open.
      store.exec("PRAGMA journal_mode = DELETE");
    } finally {
      store.close();
    }
    renameSync(path, aside);
  } catch (cause) {
    throw new MedexError(
      "INPUT_INVALID",
      `audit store ${path} cannot be set aside: end other audits, check the folder`,
      {
        cause,
      },
    );
  }
  return aside;
}

/** The file of a set of deployments: another address is another history, and so are other validators to begin with. */
export function storePath(directory: string, sources: readonly AuditSource[]): string {
  const identity = sources
    .map(({ deployment: { rpcUrl: _, ...addresses }, fromBlock, validators, studies }) =>
      // What was believed is not mixed with what was proven.
      Object.values({ ...addresses, fromBlock, ...(validators && { validators }), ...(studies && { studies }) })
        .join(" ")
        .toLowerCase(),
    )
    .sort()
    .join("\n");
  return join(directory, `history-${keccak256(toUtf8Bytes(identity)).slice(2, 18)}.sqlite`);
}

/** All or nothing. */
export function inTransaction(store: Store, work: () => void): void {
  store.exec("BEGIN IMMEDIATE");
  try {
    work();
    store.exec("COMMIT");
  } catch (error) {
    store.exec("ROLLBACK");
    throw error;
  }
}
