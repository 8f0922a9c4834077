import type { Devnet } from "@medexchain/devnet";
import { writeConfig } from "../session/config.ts";

/** Writes the configuration that leads to a devnet. */
export function writeDevnetConfig(configFile: string, devnet: Devnet): Promise<void> {
  const { chainA, chainB, ipfsUrl, tangleUrl, relayerUrl } = devnet;
  return writeConfig(
    configFile,
    [["chains", "chainA"], { deployment: chainA, fromBlock: 0, confirmations: 0 }],
    [["chains", "chainB"], { deployment: chainB, fromBlock: 0, confirmations: 0 }],
    [["ipfs"], { url: ipfsUrl }],
    [["tangle"], { url: tangleUrl }],
    [["relayers"], [{ url: relayerUrl }]],
  );
}
