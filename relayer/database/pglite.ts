import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { MedexError } from "@medexchain/core";
import { fromPglite } from "pg-boss";
import type { Database, Queryable } from "./database.ts";
import { lockFile } from "./directory-lock.ts";
import { storageError } from "./storage-error.ts";

/**
 * Opens, or makes, an embedded PostgreSQL in a directory. One process at a time may have it open.
 *
 * @throws CONFIG_INVALID when the directory cannot be made, holds something else, or is in use
 */
export async function openPglite(directory: string): Promise<Database> {
  let pglite: PGlite;
  let unlock: () => Promise<void> = async () => undefined;
  try {
    await mkdir(directory, { recursive: true });
    unlock = await lockFile(join(directory, "relayer.lock"));
    pglite = await PGlite.create(join(directory, "postgres"));
  } catch (cause) {
    await unlock();
    if (MedexError.is(cause)) throw cause;
    throw new MedexError(
      "CONFIG_INVALID",
      `relayer database: ${directory} cannot be opened; name an empty directory, or one that a relayer made`,
      { cause },
    );
  }
  const through = (runner: Pick<PGlite, "query">): Queryable => ({
    query: async (sql, params = []) => {
      try {
        return (await runner.query(sql, [...params])).rows;
      } catch (error) {
        throw storageError(error, directory) ?? error;
      }
    },
  });
  return {
    ...through(pglite),
    transaction: (fn) => pglite.transaction((tx) => fn(through(tx))),
    execute: async (sql) => {
      await pglite.exec(sql);
    },
    exclusive: true,
    queueOptions: { db: fromPglite(pglite), backend: "pglite" },
    close: async () => {
      await pglite.close();
      await unlock();
    },
  };
}
