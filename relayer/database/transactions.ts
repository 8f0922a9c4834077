import type { Hex32 } from "@medexchain/chain";
import { z } from "zod";
import { TRANSACTION_STATES, type TransactionState } from "../observe/observer.ts";
import { hex32, int8, safeInteger, timestamp } from "./columns.ts";
import { type Database, parseRows, type Queryable } from "./database.ts";

/** A signed transaction, before or after it was sent. `raw` is public once it is sent, and not secret before. */
export interface SignedTransaction {
  readonly chainId: bigint;
  readonly account: string;
  readonly nonce: number;
  readonly hash: Hex32;
  readonly raw: string;
  readonly action: string;
  /** Whose steps it carries, in the order of its batch; empty where it only uses up a nonce. */
  readonly requestIds: readonly Hex32[];
}

const signedSchema = z.object({
  chainId: int8,
  account: z.string(),
  nonce: safeInteger,
  hash: hex32,
  raw: z.string(),
  action: z.string(),
  requestIds: z.array(hex32),
});

const summarySchema = signedSchema.omit({ raw: true, requestIds: true }).extend({
  state: z.enum(TRANSACTION_STATES),
  /** Why it was abandoned. */
  reason: z.string().nullable(),
  block: safeInteger.nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type TransactionSummary = z.infer<typeof summarySchema>;

const SIGNED = `t.chain_id AS "chainId", t.account, t.nonce, t.hash, t.action`;

/** Stores a transaction as pending, in place of `superseding` if given. Must come before its first broadcast. */
export async function insertTransaction(
  db: Pick<Database, "transaction" | "query">,
  transaction: SignedTransaction,
  superseding?: SignedTransaction,
): Promise<void> {
  const insert = async (tx: Queryable): Promise<void> => {
    const { chainId, hash, account, nonce, raw, action, requestIds } = transaction;
    // A refused transaction may be signed again to the very same bytes.
    await tx.query(
      `WITH stored AS (
         INSERT INTO relayer.transactions (chain_id, hash, account, nonce, raw, action) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (chain_id, hash) DO UPDATE SET state = 'pending', updated_at = now())
       INSERT INTO relayer.transaction_steps (chain_id, hash, position, request_id)
       SELECT $1, $2, s.position, s.request_id FROM unnest($7::text[]) WITH ORDINALITY AS s (request_id, position)
       ON CONFLICT DO NOTHING`,
      [chainId, hash, account, nonce, raw, action, requestIds],
    );
  };
  if (!superseding) return insert(db);
  await db.transaction(async (tx) => {
    await settleTransaction(tx, superseding, "superseded");
    await insert(tx);
  });
}

/** The account's transactions whose fate is unknown, by nonce; of one nonce, the latest last. */
export async function pendingTransactions(
  db: Queryable,
  chainId: bigint,
  account: string,
): Promise<SignedTransaction[]> {
  const rows = await db.query(
    `SELECT ${SIGNED}, t.raw, array(
        SELECT s.request_id FROM relayer.transaction_steps s
         WHERE s.chain_id = t.chain_id AND s.hash = t.hash ORDER BY s.position) AS "requestIds"
       FROM relayer.transactions t
      WHERE t.chain_id = $1 AND t.account = $2 AND t.state IN ('pending', 'superseded', 'abandoned')
      ORDER BY t.nonce, (t.state = 'pending'), t.created_at`,
    [chainId, account],
  );
  return parseRows(signedSchema, rows);
}

/** Notes what became of a transaction, and in which block. */
export async function settleTransaction(
  db: Queryable,
  { chainId, hash }: Pick<SignedTransaction, "chainId" | "hash">,
  state: TransactionState,
  block?: number,
): Promise<void> {
  await db.query(
    `UPDATE relayer.transactions SET state = $3, block_number = $4, reason = NULL, updated_at = now() WHERE chain_id = $1 AND hash = $2`,
    [chainId, hash, state, block ?? null],
  );
}

/**
 * Marks pending transactions whose account has not been run for a while: nobody is left to look for them. Each is told whether another
 * account has done its steps meanwhile.
 *
 * @param afterSeconds since the account was last run on this database
 */
export async function abandonTransactions(db: Queryable, afterSeconds: number): Promise<void> {
  await db.query(
    `UPDATE relayer.transactions t
        SET state = 'abandoned', updated_at = now(), reason = CASE WHEN EXISTS (
              SELECT 1 FROM relayer.transaction_steps s WHERE s.chain_id = t.chain_id AND s.hash = t.hash)
            AND NOT EXISTS (
              SELECT 1 FROM relayer.transaction_steps s
               WHERE s.chain_id = t.chain_id AND s.hash = t.hash AND NOT EXISTS (
                 SELECT 1 FROM relayer.transaction_steps o JOIN relayer.transactions d
                     ON d.chain_id = o.chain_id AND d.hash = o.hash
                  WHERE o.chain_id = s.chain_id AND o.request_id = s.request_id AND d.account <> t.account
                    AND d.state = 'confirmed' AND rtrim(d.action, 's') = rtrim(t.action, 's')))
          THEN 'another account has done its step' ELSE 'its account is not run any more' END
      WHERE t.state IN ('pending', 'superseded') AND t.updated_at < now() - make_interval(secs => $1) AND NOT EXISTS (
        SELECT 1 FROM relayer.relayers r WHERE r.account = t.account AND r.seen_at > now() - make_interval(secs => $1))`,
    [afterSeconds],
  );
}

/** All transactions sent for a request, oldest first. */
export async function transactionsOf(db: Queryable, requestId: Hex32): Promise<TransactionSummary[]> {
  const rows = await db.query(
    `SELECT ${SIGNED}, t.state, t.reason, t.block_number AS block, t.created_at AS "createdAt", t.updated_at AS "updatedAt"
       FROM relayer.transaction_steps s JOIN relayer.transactions t ON t.chain_id = s.chain_id AND t.hash = s.hash
      WHERE s.request_id = $1 ORDER BY t.created_at, t.chain_id, t.nonce`,
    [requestId],
  );
  return parseRows(summarySchema, rows);
}
