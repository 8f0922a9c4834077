import { chainError, type Deployment } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { fund } from "@medexchain/devnet";
import { getAddress, isAddress } from "ethers";
import type { Context } from "../context.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { readConfig } from "../session/config.ts";
import { devnetFundOutput } from "./outputs.ts";

/** The chain ids of the devnet. */
const DEVNET_CHAINS = new Set([31337n, 31338n]);

/** Whether it is a chain of a devnet, by its id. */
export const isDevnetChain = ({ chainId }: Deployment): boolean => DEVNET_CHAINS.has(chainId);

/** `medex devnet fund`. */
export async function devnetFund(context: Context, addresses: readonly string[]): Promise<void> {
  const { output } = context;
  const accounts = addresses.map((address) => {
    if (!isAddress(address))
      throw new WrongUse(`${address} is not an address: it must be 0x and 40 hexadecimal digits`);
    return getAddress(address);
  });
  const { chains } = await readConfig(context.configFile);
  const funded: string[] = [];
  for (const [name, { deployment }] of Object.entries(chains)) {
    if (!isDevnetChain(deployment)) continue;
    for (const account of accounts) {
      await fund(deployment, account).catch((error: unknown) => {
        throw chainError(error, deployment);
      });
    }
    funded.push(name);
  }
  if (funded.length === 0)
    throw new MedexError("CONFIG_INVALID", "the configuration has no chain of a devnet: run medex devnet up");
  output.result(devnetFundOutput, { addresses: accounts, chains: funded }, () => {
    output.line(`${addresses.length} account${addresses.length === 1 ? "" : "s"} funded on ${funded.join(" and ")}.`);
  });
}
