import type { Deployment } from "@medexchain/chain";
import { JsonRpcProvider, parseEther } from "ethers";
import { developmentAccount } from "./chains.ts";

/** Sends 100 ether of the administrator's to an account on a development chain. */
export async function fund({ rpcUrl, chainId }: Deployment, account: string): Promise<void> {
  const provider = new JsonRpcProvider(rpcUrl, Number(chainId), { staticNetwork: true, pollingInterval: 50 });
  try {
    const administrator = developmentAccount(0).connect(provider);
    await (await administrator.sendTransaction({ to: account, value: parseEther("100") })).wait();
  } finally {
    provider.destroy();
  }
}
