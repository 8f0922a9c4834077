/** What is done for long leaves the tables; how much of each kind has left is kept. */
import { z } from "zod";
import { safeInteger } from "./columns.ts";
import { type Database, parseRows, type Queryable } from "./database.ts";

/** So much of each table goes in one transaction: others must not wait for it. */
const BATCH = 500;

const removedSchema = z.object({ what: z.string(), count: safeInteger });
export type Removed = z.infer<typeof removedSchema>;

/** How many rows of each kind have left the tables since the beginning. */
export async function readRemoved(db: Queryable): Promise<Removed[]> {
  return parseRows(removedSchema, await db.query("SELECT what, count FROM relayer.removed ORDER BY what"));
}

/**
 * Removes requests that ended on both chains and whose jobs have all been left alone for `afterSeconds`, with their jobs, events and
 * attestations; and transactions that were settled as long ago. What is open stays however old it is.
 *
 * @returns whether there is more to remove
 */
export async function removeOld(database: Database, afterSeconds: number): Promise<boolean> {
  return database.transaction(async (tx) => {
    const ended = await endedRequests(tx, afterSeconds);
    const remove = async (what: string, sql: string, params: readonly unknown[]): Promise<number> => {
      const removed = (await tx.query(sql, params)).length;
      if (removed > 0) {
        await tx.query(
          `INSERT INTO relayer.removed (what, count) VALUES ($1, $2)
             ON CONFLICT (what) DO UPDATE SET count = relayer.removed.count + excluded.count`,
          [what, removed],
        );
      }
      return removed;
    };
    if (ended.length > 0) {
      for (const what of ["jobs", "events", "attestations", "equivocations", "requests"]) {
        await remove(what, `DELETE FROM relayer.${what} WHERE request_id = ANY($1::text[]) RETURNING 1`, [ended]);
      }
    }
    const settled = await remove(
      "transactions",
      `WITH old AS (
         SELECT chain_id, hash FROM relayer.transactions
          WHERE state NOT IN ('pending', 'superseded', 'abandoned') AND updated_at < now() - make_interval(secs => $1)
          LIMIT ${BATCH}),
       steps AS (DELETE FROM relayer.transaction_steps s USING old o WHERE s.chain_id = o.chain_id AND s.hash = o.hash)
       DELETE FROM relayer.transactions t USING old o WHERE t.chain_id = o.chain_id AND t.hash = o.hash RETURNING 1`,
      [afterSeconds],
    );
    return ended.length === BATCH || settled === BATCH;
  });
}

/** Those of which nothing is to be done, and nothing was for so long. A request that is not known is one that was never filed here. */
async function endedRequests(tx: Queryable, afterSeconds: number): Promise<string[]> {
  const rows = await tx.query(
    `SELECT DISTINCT j.request_id AS id FROM relayer.jobs j
      WHERE j.state = 'done' AND j.updated_at < now() - make_interval(secs => $1)
        AND NOT EXISTS (
          SELECT 1 FROM relayer.requests r
           WHERE r.request_id = j.request_id AND NOT (r.source_ended AND r.destination_ended))
        AND NOT EXISTS (
          SELECT 1 FROM relayer.jobs o WHERE o.request_id = j.request_id
             AND (o.state IN ('pending', 'held') OR o.updated_at >= now() - make_interval(secs => $1)))
      LIMIT ${BATCH}`,
    [afterSeconds],
  );
  return parseRows(z.object({ id: z.string() }), rows).map(({ id }) => id);
}
