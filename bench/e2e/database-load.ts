/** What a run asks of a PostgreSQL server, told by the server itself. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { z } from "zod";

export interface DatabaseLoad {
  /** Transactions, statements outside of any among them. */
  readonly transactions: number;
  /** Seconds that statements have waited for locks, by samples, of all connections together. */
  readonly lockWaits: number;
}

const SAMPLE_MS = 250;
const sampleSchema = z.object({ waiting: z.coerce.number(), transactions: z.coerce.number() });

const SAMPLE = `SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') AS waiting,
  (SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()) AS transactions`;

/** Samples a database until it is told to end. */
export async function followDatabase(url: string): Promise<{ end(): Promise<DatabaseLoad> }> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined); // a run that fails drops its database; why it fails is what counts
  await client.connect();
  const sample = async () => sampleSchema.parse((await client.query(SAMPLE)).rows[0]);
  const first = await sample();
  const stopping = new AbortController();
  let lockWaits = 0;
  let samples = 1;
  const sampling = (async () => {
    let before = performance.now();
    while (!stopping.signal.aborted) {
      await sleep(SAMPLE_MS, undefined, { signal: stopping.signal }).catch(() => undefined); // cut short at the end
      const { waiting } = await sample();
      const now = performance.now();
      lockWaits += (waiting * (now - before)) / 1_000;
      before = now;
      samples += 1;
    }
  })();
  sampling.catch(() => undefined); // whoever ends it is told
  return {
    end: async () => {
      stopping.abort();
      await sampling;
      const last = await sample();
      await client.end();
      // Each sample is a transaction as well.
      return { transactions: last.transactions - first.transactions - samples, lockWaits };
    },
  };
}
