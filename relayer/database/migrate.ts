import { MedexError } from "@medexchain/core";
import { z } from "zod";
import { type Database, parseRows } from "./database.ts";
import { MIGRATIONS, type Migration } from "./migrations.ts";

/** Any constant: relayers that start together on one server migrate one after another. */
const LOCK = 0x6d656478;

const appliedSchema = z.object({ id: z.coerce.number(), name: z.string() });

/**
 * Applies the migrations that are missing, in order, all in one transaction.
 *
 * @throws DATABASE_INVALID when the database has migrations that this version does not know
 */
export async function migrate(database: Database, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
    await tx.query("CREATE SCHEMA IF NOT EXISTS relayer");
    await tx.query(
      `CREATE TABLE IF NOT EXISTS relayer.migrations (
        id integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const applied = parseRows(appliedSchema, await tx.query("SELECT id, name FROM relayer.migrations ORDER BY id"));
    for (const [index, { id, name }] of applied.entries()) {
      if (id !== index + 1 || migrations[index]?.name !== name) {
        throw new MedexError(
          "DATABASE_INVALID",
          `relayer database: migration ${id} (${name}) is not one of this version; run the version that made it, or a later one`,
        );
      }
    }
    for (const [offset, { name, statements }] of migrations.slice(applied.length).entries()) {
      for (const statement of statements) await tx.query(statement);
      await tx.query("INSERT INTO relayer.migrations (id, name) VALUES ($1, $2)", [applied.length + offset + 1, name]);
    }
  });
}
