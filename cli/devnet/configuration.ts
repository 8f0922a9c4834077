import type { Devnet } from "@medexchain/devnet";
import { type ConfigEdit, writeConfig } from "../session/config.ts";

/** Writes the configuration that leads to a devnet, and what else belongs into it. */
export function writeDevnetConfig(configFile: string, devnet: Devnet, ...more: readonly ConfigEdit[]): Promise<void> {
  const { chainA, chainB, studies, validators, ipfsUrl, tangleUrl, relayerUrl } = devnet;
  const entry = (deployment: Devnet["chainA"], sealing: readonly string[]) => ({
    deployment,
    fromBlock: 0,
    confirmations: 0,
    ...(sealing.length > 0 && { validators: sealing }),
  });
  return writeConfig(
    configFile,
    ...more,
    [["chains", "chainA"], { ...entry(chainA, validators.chainA), ...(studies !== undefined && { studies }) }],
    [["chains", "chainB"], entry(chainB, validators.chainB)],
    [["ipfs"], { url: ipfsUrl }],
    [["tangle"], { url: tangleUrl }],
    [["relayers"], [{ url: relayerUrl }]],
  );
}
