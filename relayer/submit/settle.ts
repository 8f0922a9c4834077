import { setTimeout as sleep } from "node:timers/promises";
import type { Chain } from "../../offchain/chain/index.ts";
import { chainError } from "../../offchain/chain/index.ts";
import { MedexError } from "../../offchain/errors.ts";
import type { SignedTransaction } from "../database/transactions.ts";
import type { TransactionState } from "../observer.ts";

/** What became of a transaction. */
export interface Settled {
  readonly state: Exclude<TransactionState, "pending">;
  /** Block number, where it was mined. */
  readonly block?: number;
  /** Where the node refused it: a code, never its text. */
  readonly refusal?: string;
}

export interface SettleOptions {
  readonly chain: Chain;
  readonly receiptTimeoutMs: number;
  readonly lookIntervalMs: number;
  readonly signal: AbortSignal;
}

/** So many refusals, each with a look that finds nothing, are an answer. */
const MAX_REFUSALS = 3;

/** What the chain shows of a transaction. `gone`: not mined, but its nonce is used. */
type Sighting = { seen: "mined"; status: number | null; block: number } | { seen: "known" | "gone" | "unknown" };

/**
 * Broadcasts a transaction and looks until the chain shows its fate. A reply like "already known" or "nonce too low", and none
 * at all, mean only that one has to look.
 *
 * @param age of an old transaction nobody knows whether it was sent, so the chain is looked at first
 * @throws TRANSACTION_PENDING when nothing is certain within the timeout, SERVICE_UNREACHABLE when the node was not even there
 */
export async function settle(
  options: SettleOptions,
  transaction: SignedTransaction,
  age: "new" | "old",
): Promise<Settled> {
  const { chain, signal } = options;
  const deadline = performance.now() + options.receiptTimeoutMs;
  let refusals = 0;
  let sighting: Sighting = { seen: "unknown" };
  let lookFirst = age === "old";
  let failure: unknown;
  for (;;) {
    try {
      failure = undefined;
      if (lookFirst) sighting = await look(chain, transaction);
      lookFirst = true;
      if (sighting.seen === "unknown") {
        const refusal = await broadcast(chain, transaction);
        sighting = await look(chain, transaction);
        if (sighting.seen === "unknown" && refusal !== undefined && ++refusals >= MAX_REFUSALS) {
          return { state: "refused", refusal };
        }
      }
      if (sighting.seen === "mined") {
        return { state: sighting.status === 1 ? "confirmed" : "reverted", block: sighting.block };
      }
      if (sighting.seen === "gone") return { state: "replaced" };
    } catch (error) {
      failure = chainError(error, chain.deployment);
      if (!MedexError.is(failure, "SERVICE_UNREACHABLE")) throw failure;
    }
    if (signal.aborted || performance.now() >= deadline) throw failure ?? stillPending(transaction);
    // Cut short by the signal, the pause rejects; the next round is then the last.
    await sleep(options.lookIntervalMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Sends the raw transaction. Returns why the node refused it, or undefined when it took it or gave no answer. */
async function broadcast(chain: Chain, { raw }: SignedTransaction): Promise<string | undefined> {
  try {
    await chain.provider.send("eth_sendRawTransaction", [raw]);
    return undefined;
  } catch (error) {
    // A reply that was lost says nothing about the transaction.
    if (MedexError.is(chainError(error, chain.deployment), "SERVICE_UNREACHABLE")) return undefined;
    return error instanceof Error && "code" in error ? String(error.code) : "UNKNOWN";
  }
}

async function look(chain: Chain, { hash, account, nonce }: SignedTransaction): Promise<Sighting> {
  const { provider } = chain;
  const mined = async (): Promise<Sighting | undefined> => {
    const receipt = await provider.getTransactionReceipt(hash);
    return receipt ? { seen: "mined", status: receipt.status, block: receipt.blockNumber } : undefined;
  };
  const receipt = await mined();
  if (receipt) return receipt;
  const [known, used] = await Promise.all([
    provider.getTransaction(hash),
    provider.getTransactionCount(account, "latest"),
  ]);
  // It may have been mined between the two questions.
  if (used > nonce) return (await mined()) ?? (known ? { seen: "known" } : { seen: "gone" });
  return { seen: known ? "known" : "unknown" };
}

function stillPending({ chainId, action, hash }: SignedTransaction): MedexError {
  return new MedexError(
    "TRANSACTION_PENDING",
    `chain ${chainId}: ${action} ${hash} is not mined yet; it is looked for again`,
  );
}
