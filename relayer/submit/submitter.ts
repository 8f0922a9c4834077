/**
 * The one place that sends transactions: one submitter per chain and account, one transaction at a time.
 *
 *   resolve    what earlier runs left pending
 *   ask        whether the step is done already, and whether it would succeed (eth_estimateGas)
 *   sign       nonce, signed transaction and hash go to the database before anything goes out
 *   broadcast  then look: receipt, known transaction, nonce. The reply of a broadcast is never believed.
 */
import { Transaction, type Wallet } from "ethers";
import { type Chain, chainError, type Hex32 } from "../../offchain/chain/index.ts";
import { MedexError } from "../../offchain/errors.ts";
import { ask } from "../chains.ts";
import type { Database } from "../database/database.ts";
import {
  insertTransaction,
  pendingTransactions,
  type SignedTransaction,
  settleTransaction,
} from "../database/transactions.ts";
import type { JobOutcome, Observer, TransactionState } from "../observer.ts";
import { type Settled, settle } from "./settle.ts";

/** One contract call that a step of the protocol needs. */
export interface Step {
  readonly requestId: Hex32;
  /** The contract function, for the history. */
  readonly action: string;
  readonly to: string;
  /** Call data, hexadecimal. */
  readonly data: string;
  /** Asks the chain whether the call has become needless. */
  isDone(): Promise<boolean>;
}

export interface Submitter {
  /** Address of the account. */
  readonly account: string;
  /**
   * Brings a step about: sends its transaction and waits for the receipt, unless the step is done already.
   *
   * @throws CHAIN_REVERTED when the call is refused, TRANSACTION_PENDING, TRANSACTION_REPLACED, TRANSACTION_REFUSED,
   *   SERVICE_UNREACHABLE
   */
  submit(step: Step): Promise<Extract<JobOutcome, "sent" | "already-done">>;
  /** Finds out what became of transactions that are pending in the database, and sends again those that are lost. */
  resolvePending(): Promise<void>;
}

export interface SubmitterOptions {
  readonly chain: Chain;
  readonly account: Wallet;
  readonly database: Database;
  readonly observe: Observer;
  readonly receiptTimeoutMs: number;
  /** Between looks for a receipt. */
  readonly lookIntervalMs: number;
  /** Ends waiting: what is pending stays so, and is resolved after the next start. */
  readonly signal: AbortSignal;
}

/** Gas over the estimate, in percent: state may change between the estimate and the block. */
const GAS_MARGIN = 25n;

/** Makes the submitter of one chain and account. */
export function createSubmitter(options: SubmitterOptions): Submitter {
  let last: Promise<unknown> = Promise.resolve();
  const oneAtATime = <T>(run: () => Promise<T>): Promise<T> => {
    const next = last.then(run, run);
    last = next;
    return next;
  };
  return {
    account: options.account.address,
    submit: (step) => oneAtATime(() => submit(options, step)),
    resolvePending: () => oneAtATime(() => resolvePending(options)),
  };
}

async function submit(options: SubmitterOptions, step: Step): Promise<"sent" | "already-done"> {
  const { chain } = options;
  await resolvePending(options);
  if (await step.isDone()) return "already-done";
  let transaction: SignedTransaction;
  try {
    transaction = await sign(options, step);
  } catch (error) {
    const reason = chainError(error, chain.deployment);
    if (MedexError.is(reason, "CHAIN_REVERTED") && (await step.isDone())) return "already-done";
    throw reason;
  }
  await insertTransaction(options.database, transaction);
  const { chainId, action, requestId, nonce, hash } = transaction;
  options.observe({ type: "transaction-sent", chainId, action, requestId, nonce, hash });
  const settled = await finish(options, transaction, "new");
  if (settled.state === "confirmed") return "sent";
  if (await step.isDone()) return "already-done";
  throw await failureOfSettled(options, step, settled);
}

async function resolvePending(options: SubmitterOptions): Promise<void> {
  const { chain, account, database } = options;
  for (const transaction of await pendingTransactions(database, chain.deployment.chainId, account.address)) {
    await finish(options, transaction, "old");
  }
}

/** Waits until a stored transaction has a fate, and stores that. */
async function finish(options: SubmitterOptions, transaction: SignedTransaction, age: "new" | "old"): Promise<Settled> {
  const started = performance.now();
  const settled = await settle(options, transaction, age);
  await settleTransaction(options.database, transaction, settled.state, settled.block);
  const { chainId, action, requestId, nonce, hash } = transaction;
  const ms = Math.round(performance.now() - started);
  options.observe({ type: "transaction-settled", chainId, action, requestId, nonce, hash, state: settled.state, ms });
  return settled;
}

async function sign({ chain, account }: SubmitterOptions, step: Step): Promise<SignedTransaction> {
  const { provider, deployment } = chain;
  const { to, data, action, requestId } = step;
  const gas = await provider.estimateGas({ from: account.address, to, data });
  // Nothing of ours is pending here, so the node's count with its pool is the next nonce.
  const [nonce, fees] = await Promise.all([
    provider.getTransactionCount(account.address, "pending"),
    provider.getFeeData(),
  ]);
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = fees;
  const price =
    maxFeePerGas !== null && maxPriorityFeePerGas !== null
      ? { type: 2, maxFeePerGas, maxPriorityFeePerGas }
      : { type: 0, gasPrice: gasPrice ?? 0n };
  const gasLimit = gas + (gas * GAS_MARGIN) / 100n;
  const raw = await account.signTransaction({ chainId: deployment.chainId, to, data, nonce, gasLimit, ...price });
  const { hash } = Transaction.from(raw);
  if (hash === null) throw new TypeError("a signed transaction has a hash");
  // ethers types every hex string as `string`; a transaction hash is 32 bytes.
  return { chainId: deployment.chainId, account: account.address, nonce, hash: hash as Hex32, raw, action, requestId };
}

async function failureOfSettled(options: SubmitterOptions, step: Step, settled: Settled): Promise<unknown> {
  const { chain, account } = options;
  const where = `chain ${chain.deployment.chainId}: ${step.action}`;
  const failures: Record<Exclude<TransactionState, "pending" | "confirmed">, () => Promise<unknown>> = {
    reverted: () => revertReason(chain, { from: account.address, to: step.to, data: step.data }, settled.block, where),
    replaced: async () =>
      new MedexError(
        "TRANSACTION_REPLACED",
        `${where}: another transaction of the account took its nonce; it is sent anew`,
      ),
    refused: async () =>
      new MedexError(
        "TRANSACTION_REFUSED",
        `${where}: the node does not take the transaction (${settled.refusal ?? "no reason given"}); check the account's funds`,
      ),
  };
  if (settled.state === "confirmed") throw new TypeError("a confirmed transaction has not failed");
  return failures[settled.state]();
}

/** Why a mined transaction reverted: the same call is made again on top of its block. */
async function revertReason(
  chain: Chain,
  call: { from: string; to: string; data: string },
  block: number | undefined,
  where: string,
): Promise<unknown> {
  try {
    await ask(chain, () => chain.provider.call({ ...call, blockTag: block ?? "latest" }));
  } catch (error) {
    return error;
  }
  return new MedexError("TRANSACTION_REVERTED", `${where}: reverted, but would succeed now; it is sent anew`);
}
