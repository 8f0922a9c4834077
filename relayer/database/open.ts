import type { DatabaseConfig } from "../config/schema.ts";
import type { Database } from "./database.ts";
import { migrate } from "./migrate.ts";
import { openPglite } from "./pglite.ts";
import { openPostgres } from "./postgres.ts";

/**
 * Opens the configured database and brings its schema up to date.
 *
 * @throws SERVICE_UNREACHABLE, CONFIG_INVALID, DATABASE_INVALID when a later version of the relayer has changed it
 */
export async function openDatabase(config: DatabaseConfig): Promise<Database> {
  const database = await ("url" in config ? openPostgres(config.url) : openPglite(config.directory));
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}
