import type { Chain } from "@medexchain/chain";
import type { Wallet } from "ethers";
import type { SubmitConfig } from "../config/schema.ts";
import type { Database } from "../database/database.ts";
import type { Observer } from "../observe/observer.ts";

/** What a submitter works with: one chain, one account, and how patient it is. */
export interface SubmitterOptions {
  readonly chain: Chain;
  readonly account: Wallet;
  readonly database: Database;
  readonly observe: Observer;
  readonly receiptTimeoutMs: number;
  /** Between looks for receipts. */
  readonly lookIntervalMs: number;
  /** How many blocks must follow a transaction's block before it counts. */
  readonly confirmations: number;
  readonly submit: SubmitConfig;
  /** Ends waiting: what is pending stays so, and is resolved after the next start. */
  readonly signal: AbortSignal;
}
