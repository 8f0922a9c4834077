import { MedexError } from "@medexchain/core";
import { AbstractSigner, type ContractTransactionReceipt, type ContractTransactionResponse, isError } from "ethers";
import type { Chain } from "./connect.ts";
import { chainError } from "./revert.ts";

/** Longer than any chain of the suite takes for a block that has room. */
const PATIENCE_MS = 5 * 60_000;

/**
 * Sends a transaction and waits until it is in a block.
 *
 * @throws CHAIN_REVERTED with what the contract's own error means, ACCOUNT_UNFUNDED; TRANSACTION_PENDING when it is in no block within
 *   `patienceMs`; TRANSACTION_REPLACED when another of the account took its place, or the chain dropped it; SERVICE_UNREACHABLE with the RPC's URL
 */
export async function transact(
  chain: Chain,
  send: () => Promise<ContractTransactionResponse>,
  patienceMs = PATIENCE_MS,
): Promise<ContractTransactionReceipt> {
  const { chainId } = chain.deployment;
  const receipt = await ask(chain, async () => {
    const sent = await send();
    try {
      return await sent.wait(1, patienceMs);
    } catch (error) {
      if (isError(error, "TRANSACTION_REPLACED")) throw replaced(chainId, error);
      if (!isError(error, "TIMEOUT")) throw error;
      const message = `chain ${chainId} has not taken transaction ${sent.hash} into a block: see what became of it before you try again`;
      throw new MedexError("TRANSACTION_PENDING", message, { cause: error });
    }
  });
  if (receipt === null) throw replaced(chainId);
  return receipt;
}

const replaced = (chainId: bigint, cause?: unknown): MedexError =>
  new MedexError(
    "TRANSACTION_REPLACED",
    `chain ${chainId} dropped the transaction, or took another of the account in its place; send it again`,
    { cause },
  );

/**
 * Reads from a chain.
 *
 * @throws CHAIN_REVERTED with the contract's own error, SERVICE_UNREACHABLE with the RPC's URL
 */
export async function ask<T>(chain: Chain, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw chainError(error, chain.deployment, await senderOf(chain));
  }
}

/** The account through which a chain is seen; undefined where it is only read. */
async function senderOf({ records: { runner } }: Chain): Promise<string | undefined> {
  return runner instanceof AbstractSigner ? runner.getAddress() : undefined;
}
