import { z } from "zod";
import { parseRows, type Queryable } from "./database.ts";
import { DUE_NOW } from "./jobs.ts";

const keySchema = z.object({ key: z.string() });

/**
 * Forgets what came from a chain's blocks after `block`: its events with their jobs; and opens again what transactions in them had
 * done. The transactions themselves are pending again: a node usually keeps them, and sends them with the new blocks.
 *
 * @returns how many events were forgotten, and how many jobs were opened again
 */
export async function undoAfter(
  tx: Queryable,
  chainId: bigint,
  block: number,
): Promise<{ events: number; jobs: number }> {
  const events = await tx.query(
    "DELETE FROM relayer.events WHERE chain_id = $1 AND block_number > $2 RETURNING kind, request_id",
    [chainId, block],
  );
  const forgotten = parseRows(z.object({ kind: z.string(), request_id: z.string() }), events);
  await tx.query(
    `DELETE FROM relayer.jobs j USING unnest($2::text[], $3::text[]) AS e (kind, request_id)
      WHERE j.chain_id = $1 AND j.request_id = e.request_id AND j.kind = CASE e.kind
        WHEN 'AccessRequested' THEN 'deliver-request'
        WHEN 'ReEncryptionRequested' THEN 're-encrypt'
        ELSE 'deliver-response' END`,
    [chainId, forgotten.map(({ kind }) => kind), forgotten.map((event) => event.request_id)],
  );
  const filed = forgotten.filter(({ kind }) => kind === "AccessRequested").map((event) => event.request_id);
  await tx.query("DELETE FROM relayer.requests WHERE request_id = ANY($1::text[])", [filed]);
  const answered = forgotten.filter(({ kind }) => kind === "ResponseReady").map((event) => event.request_id);
  await tx.query("UPDATE relayer.requests SET destination_ended = false WHERE request_id = ANY($1::text[])", [
    answered,
  ]);

  const undone = parseRows(
    z.object({ hash: z.string() }),
    await tx.query(
      `UPDATE relayer.transactions SET state = 'pending', block_number = NULL, updated_at = now()
        WHERE chain_id = $1 AND block_number > $2 AND state IN ('confirmed', 'reverted') RETURNING hash`,
      [chainId, block],
    ),
  ).map(({ hash }) => hash);
  const requests = `SELECT s.request_id FROM relayer.transaction_steps s WHERE s.chain_id = $1 AND s.hash = ANY($2::text[])`;
  const reopened = parseRows(
    keySchema,
    await tx.query(
      `UPDATE relayer.jobs
          SET state = 'pending', outcome = NULL, parked_by = NULL, refusal = NULL, ${DUE_NOW}
        WHERE (state = 'done' OR state = 'parked' AND parked_by = 'refusal') AND request_id IN (${requests}) RETURNING key`,
      [chainId, undone],
    ),
  );
  await tx.query(
    `UPDATE relayer.requests SET source_ended = source_ended AND source_chain_id <> $1,
            destination_ended = destination_ended AND destination_chain_id <> $1
      WHERE request_id IN (${requests})`,
    [chainId, undone],
  );
  // Up to where all had ended is not known any more: what ended in these blocks has not.
  await tx.query("UPDATE relayer.reconciled SET floor = 0 WHERE chain_id = $1", [chainId]);
  return { events: forgotten.length, jobs: reopened.length };
}
