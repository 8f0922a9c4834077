/** What the chain shows of transactions: asked in one batch for all that are in flight. */

import { ask, type Chain, chainError } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { z } from "zod";
import type { SignedTransaction } from "../database/transactions.ts";
import { type Flight, liveVersion, type MinedTransaction } from "./flight.ts";

/** `gone`: not mined, but its nonce is used. `unknown`: the node has never heard of it. */
export type Sighting = { readonly seen: "mined"; readonly mined: MinedTransaction } | { readonly seen: Unmined };
type Unmined = "known" | "gone" | "unknown";

const quantity = z.string().regex(/^0x[0-9a-f]+$/i);
const logSchema = z.object({ address: z.string(), topics: z.array(z.string()), data: z.string() });
/** Of a receipt, what is wanted: ethers' form of all of it takes as long as the call, for a batch with many logs. */
const receiptSchema = z.object({
  transactionHash: z.string(),
  status: quantity.nullish(),
  blockNumber: quantity,
  gasUsed: quantity,
  logs: z.array(logSchema),
});

/** How many nonces of an account the chain has used up. */
function usedNonces(chain: Chain, account: string): Promise<number> {
  return ask(chain, () => chain.provider.getTransactionCount(account, "latest"));
}

/**
 * Looks for every flight.
 *
 * @returns in the order of the flights, and how many nonces the chain has used up
 */
export async function look(
  chain: Chain,
  account: string,
  flights: readonly Flight[],
): Promise<{ used: number; sightings: Sighting[] }> {
  const receipts = await Promise.all(flights.map((flight) => receiptOf(chain, flight)));
  const used = await usedNonces(chain, account);
  const sightings = await Promise.all(
    flights.map(async (flight, index): Promise<Sighting> => {
      const mined = receipts[index];
      if (mined) return { seen: "mined", mined };
      const { hash } = liveVersion(flight);
      const known = (await ask(chain, () => chain.provider.send("eth_getTransactionByHash", [hash]))) !== null;
      if (used <= flight.nonce) return { seen: known ? "known" : "unknown" };
      // It may have been mined between the questions.
      const late = await receiptOf(chain, flight);
      return late ? { seen: "mined", mined: late } : { seen: known ? "known" : "gone" };
    }),
  );
  return { used, sightings };
}

async function receiptOf(chain: Chain, { versions }: Flight): Promise<MinedTransaction | undefined> {
  const receipts = await Promise.all(
    versions.map(({ hash }) => ask(chain, () => chain.provider.send("eth_getTransactionReceipt", [hash]))),
  );
  const found = receipts.find((receipt) => receipt !== null);
  if (found === undefined) return undefined;
  const parsed = receiptSchema.safeParse(found);
  if (!parsed.success) {
    const { chainId } = chain.deployment;
    throw new MedexError("SERVICE_PROTOCOL", `chain ${chainId}: the node's answer is not a receipt; check the node`);
  }
  const { transactionHash, status, blockNumber, gasUsed, logs } = parsed.data;
  return {
    hash: transactionHash,
    status: status == null ? null : Number(status),
    block: Number(blockNumber),
    gasUsed: BigInt(gasUsed),
    logs,
  };
}

/** Sends a raw transaction. Returns why the node refused it, or undefined when it took it or gave no answer. */
export async function broadcast(chain: Chain, { raw }: SignedTransaction): Promise<string | undefined> {
  try {
    await chain.provider.send("eth_sendRawTransaction", [raw]);
    return undefined;
  } catch (error) {
    // A reply that was lost says nothing about the transaction.
    if (MedexError.is(chainError(error, chain.deployment), "SERVICE_UNREACHABLE")) return undefined;
    return error instanceof Error && "code" in error ? String(error.code) : "UNKNOWN";
  }
}
