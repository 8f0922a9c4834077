import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { PostgresCluster } from "../tools/postgres-cluster.ts";
import type { PlanClock } from "./clock.ts";
import type { DatabaseOutage, StartOutage } from "./plan.ts";

const LOOK_MS = 5;

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

/**
 * Brings the outages of the start about, one after the other. Resolves when the last is over.
 *
 * @param have whether relayers have come to a point
 * @param signal ends the waiting for that
 */
export async function breakStart(
  cluster: PostgresCluster,
  outages: readonly StartOutage[],
  have: Readonly<Record<StartOutage["when"], () => boolean>>,
  signal: AbortSignal,
): Promise<void> {
  for (const { when, down } of outages) {
    while (!have[when]()) await sleep(LOOK_MS, undefined, { signal });
    cluster.crash();
    await sleep(down);
    await cluster.start();
  }
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
