/** Who holds which lease, asked of the database that relayers share. */
import pg from "pg";
import { z } from "zod";
import type { HolderKill } from "./plan.ts";

const OF_LEASE = `SELECT account FROM relayer.leases
  WHERE expires_at > clock_timestamp() AND name LIKE $1 AND name NOT LIKE $2 ORDER BY random() LIMIT 1`;
const OF_JOB = `SELECT r.account FROM relayer.jobs j JOIN relayer.relayers r ON r.run = j.running_by
  WHERE j.state = 'pending' ORDER BY random() LIMIT 1`;

const QUERIES: Record<HolderKill["lease"], { readonly sql: string; readonly params: readonly string[] }> = {
  read: { sql: OF_LEASE, params: ["read.%", ""] },
  lane: { sql: OF_LEASE, params: ["%.%", "read.%"] },
  upkeep: { sql: OF_LEASE, params: ["upkeep", ""] },
  job: { sql: OF_JOB, params: [] },
};

/** A server that is killed as it is asked may never answer, and nobody else could be met until it did. */
const DEADLINE_MS = 1_000;
const rowSchema = z.object({ account: z.string() });

/** The account of a relayer that holds a lease of a kind now; undefined where none does, or the database does not answer. */
export async function holderOf(url: string, lease: HolderKill["lease"]): Promise<string | undefined> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: DEADLINE_MS,
    query_timeout: DEADLINE_MS,
  });
  client.on("error", () => undefined); // a server that is killed meanwhile: the query says so
  try {
    await client.connect();
    const { sql, params } = QUERIES[lease];
    const { rows } = await client.query(sql, [...params]);
    return rows.length > 0 ? rowSchema.parse(rows[0]).account : undefined;
  } catch {
    return undefined; // it is asked again
  } finally {
    await client.end().catch(() => undefined);
  }
}
