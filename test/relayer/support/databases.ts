/**
 * Databases for tests: embedded in a temporary directory, or, where `MEDEX_TEST_DATABASE_URL` names a PostgreSQL server, there. Making one
 * takes seconds, so each is a copy of a first, empty one.
 */
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { cp, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { DatabaseConfig } from "../../../relayer/config/schema.ts";
import type { Database } from "../../../relayer/database/database.ts";
import { openDatabase } from "../../../relayer/database/open.ts";
import { testServers } from "../../world/servers.ts";
import { temporaryDirectory } from "./directory.ts";

const SERVER = testServers.database;

/** Whether the databases of this run are on a server, which several relayers may share. */
export const ON_SERVER = SERVER !== undefined;

export interface TestDatabase extends AsyncDisposable {
  readonly config: DatabaseConfig;
}

/** An empty database of the relayer, which is gone when its scope ends. */
export function testDatabase(): Promise<TestDatabase> {
  return SERVER === undefined ? embedded() : onServer(SERVER);
}

/** Opens a test database of its own. */
export async function openTestDatabase(stack: AsyncDisposableStack): Promise<Database> {
  const { config } = stack.use(await testDatabase());
  return stack.adopt(await openDatabase(config), (opened) => opened.close());
}

/** Empties a database between tests: opening another takes much longer. */
export async function clear(database: Database): Promise<void> {
  const rows = await database.query(
    `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'relayer' AND tablename <> 'migrations'`,
  );
  const names = rows.map((row) => `relayer.${(row as { name: string }).name}`); // of the query above
  await database.execute(`TRUNCATE ${names.join(", ")}`);
}

let template: Promise<string> | undefined;

async function embedded(): Promise<TestDatabase> {
  template ??= makeTemplate();
  const { path, [Symbol.asyncDispose]: dispose } = await temporaryDirectory();
  await cp(await template, path, { recursive: true });
  return { config: { directory: path }, [Symbol.asyncDispose]: dispose };
}

async function makeTemplate(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "medex-relayer-template-"));
  process.once("exit", () => rmSync(path, { recursive: true, force: true }));
  await (await openDatabase({ directory: path })).close();
  return path;
}

async function onServer(server: string): Promise<TestDatabase> {
  const name = `medex_test_${randomBytes(6).toString("hex")}`;
  const url = new URL(server);
  url.pathname = name;
  await administer(server, `CREATE DATABASE ${name}`);
  return {
    config: { url: url.href },
    [Symbol.asyncDispose]: () => administer(server, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function administer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
