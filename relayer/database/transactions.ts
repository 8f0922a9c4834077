import { z } from "zod";
import type { Hex32 } from "../../offchain/chain/index.ts";
import type { TransactionState } from "../observer.ts";
import { hex32, int8, safeInteger, timestamp } from "./columns.ts";
import { parseRows, type Queryable } from "./database.ts";

/** A signed transaction, before or after it was sent. `raw` is public once it is sent, and not secret before. */
export interface SignedTransaction {
  readonly chainId: bigint;
  readonly account: string;
  readonly nonce: number;
  readonly hash: Hex32;
  readonly raw: string;
  readonly action: string;
  readonly requestId: Hex32;
}

const signedSchema = z.object({
  chainId: int8,
  account: z.string(),
  nonce: safeInteger,
  hash: hex32,
  raw: z.string(),
  action: z.string(),
  requestId: hex32,
});

const summarySchema = signedSchema.omit({ raw: true }).extend({
  state: z.enum(["pending", "confirmed", "reverted", "replaced", "refused"]),
  block: safeInteger.nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type TransactionSummary = z.infer<typeof summarySchema>;

const SIGNED = `chain_id AS "chainId", account, nonce, hash, action, request_id AS "requestId"`;

/** Stores a transaction as pending. Must come before its first broadcast. */
export async function insertTransaction(db: Queryable, transaction: SignedTransaction): Promise<void> {
  const { chainId, hash, account, nonce, raw, action, requestId } = transaction;
  // A refused transaction may be signed again to the very same bytes.
  await db.query(
    `INSERT INTO relayer.transactions (chain_id, hash, account, nonce, raw, action, request_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (chain_id, hash) DO UPDATE SET state = 'pending', updated_at = now()`,
    [chainId, hash, account, nonce, raw, action, requestId],
  );
}

/** The account's transactions whose fate is unknown, by nonce. */
export async function pendingTransactions(
  db: Queryable,
  chainId: bigint,
  account: string,
): Promise<SignedTransaction[]> {
  const rows = await db.query(
    `SELECT ${SIGNED}, raw FROM relayer.transactions
      WHERE chain_id = $1 AND account = $2 AND state = 'pending' ORDER BY nonce`,
    [chainId, account],
  );
  return parseRows(signedSchema, rows);
}

/** Notes what became of a transaction, and in which block. */
export async function settleTransaction(
  db: Queryable,
  { chainId, hash }: SignedTransaction,
  state: TransactionState,
  block?: number,
): Promise<void> {
  await db.query(
    `UPDATE relayer.transactions SET state = $3, block_number = $4, updated_at = now() WHERE chain_id = $1 AND hash = $2`,
    [chainId, hash, state, block ?? null],
  );
}

/** All transactions sent for a request, oldest first. */
export async function transactionsOf(db: Queryable, requestId: Hex32): Promise<TransactionSummary[]> {
  const rows = await db.query(
    `SELECT ${SIGNED}, state, block_number AS block, created_at AS "createdAt", updated_at AS "updatedAt"
       FROM relayer.transactions WHERE request_id = $1 ORDER BY created_at, chain_id, nonce`,
    [requestId],
  );
  return parseRows(summarySchema, rows);
}
