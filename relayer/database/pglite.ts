import { mkdir } from "node:fs/promises";
import { PGlite } from "@electric-sql/pglite";
import { fromPglite } from "pg-boss";
import { MedexError } from "../../offchain/errors.ts";
import type { Database, Queryable } from "./database.ts";

/**
 * Opens, or makes, an embedded PostgreSQL in a directory. One process at a time may have it open.
 *
 * @throws CONFIG_INVALID when the directory cannot be made or holds something else
 */
export async function openPglite(directory: string): Promise<Database> {
  let pglite: PGlite;
  try {
    await mkdir(directory, { recursive: true });
    pglite = await PGlite.create(directory);
  } catch (cause) {
    throw new MedexError(
      "CONFIG_INVALID",
      `relayer database: ${directory} cannot be opened; name an empty directory, or one that a relayer made`,
      { cause },
    );
  }
  const through = (runner: Pick<PGlite, "query">): Queryable => ({
    query: async (sql, params = []) => (await runner.query(sql, [...params])).rows,
  });
  return {
    ...through(pglite),
    transaction: (fn) => pglite.transaction((tx) => fn(through(tx))),
    execute: async (sql) => {
      await pglite.exec(sql);
    },
    exclusive: true,
    queueOptions: { db: fromPglite(pglite), backend: "pglite" },
    close: () => pglite.close(),
  };
}
