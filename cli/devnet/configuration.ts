import type { Devnet } from "@medexchain/devnet";
import { type ConfigEdit, writeConfig } from "../session/config.ts";

/** Writes the configuration that leads to a devnet, and what else belongs into it. */
export function writeDevnetConfig(configFile: string, devnet: Devnet, ...more: readonly ConfigEdit[]): Promise<void> {
  const { chainA, chainB, ipfsUrl, tangleUrl, relayerUrl } = devnet;
  return writeConfig(
    configFile,
    ...more,
    [["chains", "chainA"], { deployment: chainA, fromBlock: 0, confirmations: 0 }],
    [["chains", "chainB"], { deployment: chainB, fromBlock: 0, confirmations: 0 }],
    [["ipfs"], { url: ipfsUrl }],
    [["tangle"], { url: tangleUrl }],
    [["relayers"], [{ url: relayerUrl }]],
  );
}
