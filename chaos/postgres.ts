import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { PostgresCluster } from "../tools/postgres-cluster.ts";
import type { PlanClock } from "./clock.ts";
import type { DatabaseOutage } from "./plan.ts";

/** A database made for one run on a server that is there. */
export interface RunDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Makes an empty database. `serverUrl` names any database of the server, and an account that may make others. */
export async function createDatabase(serverUrl: string): Promise<RunDatabase> {
  const name = `medex_chaos_${randomBytes(6).toString("hex")}`;
  const run = (statement: string) => execute(serverUrl, statement);
  await run(`CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** Brings outages about, at their times. Resolves when the last is over. */
export async function directDatabase(
  cluster: PostgresCluster,
  outages: readonly DatabaseOutage[],
  clock: PlanClock,
): Promise<void> {
  for (const { kind, at, down } of outages) {
    await clock.until(at);
    if (kind === "crash") {
      cluster.crash();
      await sleep(down);
      await cluster.start();
    } else {
      await setReadOnly(cluster.url, true);
      await sleep(down);
      await setReadOnly(cluster.url, false);
    }
  }
}

/** Makes a whole server refuse writes, from every connection's next transaction on, or take them again. */
export async function setReadOnly(serverUrl: string, readOnly: boolean): Promise<void> {
  await execute(serverUrl, `ALTER SYSTEM SET default_transaction_read_only = ${readOnly ? "on" : "off"}`);
  await execute(serverUrl, "SELECT pg_reload_conf()");
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
