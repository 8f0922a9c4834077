import { mkdir, readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { MedexError } from "@medexchain/core";
import type { Database, Queryable } from "./database.ts";
import { lockFile } from "./directory-lock.ts";
import { openSession } from "./pglite-session.ts";
import { storageError } from "./storage-error.ts";

/** Room that a new database takes, and an old one needs to start. */
const ROOM_BYTES = 64 * 1_048_576;

/**
 * Opens, or makes, an embedded PostgreSQL in a directory. One process at a time may have it open.
 *
 * @throws CONFIG_INVALID when the directory cannot be made or is in use, STORAGE_FAILED when its disk is full, DATABASE_INVALID when its
 *   files are damaged
 */
export async function openPglite(directory: string): Promise<Database> {
  const files = join(directory, "postgres");
  let unlock: () => Promise<void> = async () => undefined;
  let pglite: PGlite;
  try {
    await mkdir(directory, { recursive: true });
    unlock = await lockFile(join(directory, "relayer.lock"));
    await requireWhole(files);
    pglite = await PGlite.create(files);
  } catch (cause) {
    await unlock();
    throw MedexError.is(cause) ? cause : await whyNotOpened(directory, files, cause);
  }
  const session = openSession(pglite);
  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw storageError(error, directory) ?? error;
    }
  };
  const explaining = ({ query }: Queryable): Queryable => ({
    query: (sql, params) => explained(query(sql, params)),
  });
  return {
    ...explaining(session),
    transaction: (fn) => explained(session.transaction((tx) => fn(explaining(tx)))),
    execute: (sql) => explained(session.execute(sql)),
    exclusive: true,
    close: async () => {
      await session.close();
      await unlock();
    },
  };
}

const damaged = (directory: string, cause?: unknown): MedexError =>
  new MedexError(
    "DATABASE_INVALID",
    `relayer database: the files in ${directory} are damaged; restore a backup, or start with an empty directory, from which nothing is done twice`,
    { cause },
  );

/** PostgreSQL makes a new database where a file is missing that says which version made the others, and they would be gone. */
async function requireWhole(files: string): Promise<void> {
  const names: string[] = await readdir(files).catch(() => []);
  if (names.length > 0 && !names.includes("PG_VERSION")) throw damaged(files);
}

async function whyNotOpened(directory: string, files: string, cause: unknown): Promise<MedexError> {
  const room = await statfs(directory).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
  const isFull = cause instanceof Error && "code" in cause && cause.code === "ENOSPC";
  if (isFull || (room !== undefined && room < ROOM_BYTES)) {
    return new MedexError(
      "STORAGE_FAILED",
      `relayer database: the disk of ${directory} is full; free some space (a database starts with ${ROOM_BYTES / 1_048_576} MiB), then start again`,
      { cause },
    );
  }
  const started = await readdir(files).then(
    (names) => names.length > 0,
    () => false,
  );
  if (started) return damaged(files, cause);
  return new MedexError(
    "CONFIG_INVALID",
    `relayer database: ${directory} cannot be opened; name an empty directory, or one that a relayer made`,
    { cause },
  );
}
