import { randomBytes } from "node:crypto";
import pg from "pg";

/** A database made for one run on a server that is there. */
export interface RunDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Makes an empty database. `serverUrl` names any database of the server, and an account that may make others. */
export async function createDatabase(serverUrl: string): Promise<RunDatabase> {
  const name = `medex_chaos_${randomBytes(6).toString("hex")}`;
  const run = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await run(`CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}
