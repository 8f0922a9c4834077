import { setTimeout as sleep } from "node:timers/promises";
import type { Deployment } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { JsonRpcProvider, parseEther } from "ethers";
import { developmentAccount, isGasFree } from "./chains.ts";

const POLL_MS = 50;
/** A development chain may make no blocks for a while: the runs that break things stop it for seconds. */
const PATIENCE_MS = 120_000;

/**
 * Sends 100 ether of the administrator's to an account on a development chain, and waits until it is there. Where gas is free, nobody
 * needs any, and it sends nothing.
 *
 * @throws TRANSACTION_PENDING when no block takes it within two minutes
 */
export async function fund({ rpcUrl, chainId }: Deployment, account: string): Promise<void> {
  const provider = new JsonRpcProvider(rpcUrl, Number(chainId), { staticNetwork: true });
  try {
    if (await isGasFree(provider)) return;
    const administrator = developmentAccount(0).connect(provider);
    const { hash } = await administrator.sendTransaction({ to: account, value: parseEther("100") });
    // Not by the response's `wait`: a look of its that is under way when the provider goes away ends the process.
    const deadline = performance.now() + PATIENCE_MS;
    while ((await provider.getTransactionReceipt(hash)) === null) {
      if (performance.now() > deadline) {
        throw new MedexError(
          "TRANSACTION_PENDING",
          `chain ${chainId} has not taken the transaction that funds ${account}`,
        );
      }
      await sleep(POLL_MS);
    }
  } finally {
    provider.destroy();
  }
}
