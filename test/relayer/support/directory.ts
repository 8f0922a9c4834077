import { rmSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "../../../relayer/database/database.ts";
import { openDatabase } from "../../../relayer/database/open.ts";

/** A directory that is gone when its scope ends. */
export async function temporaryDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "medex-relayer-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

let template: Promise<string> | undefined;

/** A directory with an empty database of the relayer. Making one takes seconds, so each is a copy of the first. */
export async function databaseDirectory(): Promise<{ path: string } & AsyncDisposable> {
  template ??= makeTemplate();
  const directory = await temporaryDirectory();
  await cp(await template, directory.path, { recursive: true });
  return directory;
}

/** Empties a database between tests: opening another takes much longer. */
export function clear(database: Database): Promise<void> {
  const tables = ["cursors", "events", "requests", "jobs", "transactions"];
  return database.execute(`TRUNCATE ${tables.map((table) => `relayer.${table}`).join(", ")}`);
}

async function makeTemplate(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "medex-relayer-template-"));
  process.once("exit", () => rmSync(path, { recursive: true, force: true }));
  await (await openDatabase({ directory: path })).close();
  return path;
}
