import { MedexError } from "@medexchain/core";
import { AbstractSigner, type ContractTransactionReceipt, type ContractTransactionResponse } from "ethers";
import type { Chain } from "./connect.ts";
import { chainError } from "./revert.ts";

/**
 * Sends a transaction and waits until it is in a block.
 *
 * @throws CHAIN_REVERTED with what the contract's own error means, ACCOUNT_UNFUNDED, SERVICE_UNREACHABLE with the RPC's URL
 */
export async function transact(
  chain: Chain,
  send: () => Promise<ContractTransactionResponse>,
): Promise<ContractTransactionReceipt> {
  const receipt = await ask(chain, async () => (await send()).wait());
  if (receipt === null) {
    throw new MedexError("CHAIN_REVERTED", `chain ${chain.deployment.chainId} dropped the transaction; send it again`);
  }
  return receipt;
}

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
