import type { Deployment } from "@medexchain/chain";
import { JsonRpcProvider } from "ethers";

/**
 * Moves a development chain's clock forward, for good, and mines a block at the new time.
 *
 * @returns the new block's time, Unix seconds
 */
export async function advanceClock({ rpcUrl, chainId }: Deployment, seconds: number): Promise<number> {
  const provider = new JsonRpcProvider(rpcUrl, Number(chainId), { staticNetwork: true });
  try {
    await provider.send("evm_increaseTime", [seconds]);
    await provider.send("evm_mine", []);
    const block = await provider.getBlock("latest");
    if (block === null) throw new RangeError("the chain has no block");
    return block.timestamp;
  } finally {
    provider.destroy();
  }
}
