/** What of a configuration goes with an invite, and how an invite's becomes part of one. */
import { existsSync } from "node:fs";
import { type Chain, connectChain } from "@medexchain/chain";
import { type NetworkDescription, networkSchema } from "@medexchain/config";
import { MedexError, toJson } from "@medexchain/core";
import type { Context } from "../context.ts";
import { type Config, type ConfigEdit, readConfig, writeConfig } from "./config.ts";

/**
 * The network as a configuration describes it.
 *
 * @param own of which hospital the gateway goes with it; nobody else's members need it
 */
export function networkOf({ chains, ipfs, tangle, hospitals }: Config, own?: string): NetworkDescription {
  const known = Object.entries(hospitals).map(([name, { chain, gateway }]) => {
    return [name, { chain, ...(name === own && gateway !== undefined && { gateway }) }] as const;
  });
  return networkSchema.parse({
    chains,
    ...(ipfs && { ipfs }),
    ...(tangle && { tangle }),
    hospitals: Object.fromEntries(known),
  });
}

export interface NetworkInvite {
  readonly network: NetworkDescription;
  /** The hospital's home chain. */
  readonly chain: string;
  /** The hospital whose gateway is believed, if any. */
  readonly own?: string;
  /** Checks who signed the invite, with the home chain's registry. */
  readonly check: (home: Chain) => Promise<void>;
}

/**
 * Takes a network that somebody describes into the configuration, once it is known who says so. What is there stays, and where there is a
 * chain of that name it is that one which is asked: nothing is replaced by what a file says but the own hospital's gateway.
 *
 * @throws CONFIG_INVALID when the configuration has another chain or hospital under the same name; what `check` throws. Nothing is written
 *   then
 */
export async function joinNetwork(
  { configFile }: Context,
  { network, chain, own, check }: NetworkInvite,
): Promise<void> {
  const config = existsSync(configFile) ? await readConfig(configFile) : undefined;
  const edits: ConfigEdit[] = [];
  for (const [name, entry] of Object.entries(network.chains)) {
    const known = config?.chains[name];
    if (known === undefined) edits.push([["chains", name], entry]);
    else if (toJson(contractsOf(known)) !== toJson(contractsOf(entry))) throw conflict(configFile, `chain ${name}`);
  }
  for (const service of ["ipfs", "tangle"] as const) {
    if (network[service] !== undefined && config?.[service] === undefined) edits.push([[service], network[service]]);
  }
  for (const [name, entry] of Object.entries(network.hospitals)) {
    const known = config?.hospitals[name];
    if (known === undefined) edits.push([["hospitals", name], entry]);
    else if (known.chain !== entry.chain) throw conflict(configFile, `hospital ${name}`);
    else if (name === own && entry.gateway !== undefined) edits.push([["hospitals", name, "gateway"], entry.gateway]);
  }
  const entry = config?.chains[chain] ?? network.chains[chain];
  if (entry === undefined) {
    throw new MedexError(
      "CONFIG_INVALID",
      `the invite names a chain ${chain} that it does not describe: get another one`,
    );
  }
  const home = await connectChain(entry.deployment);
  try {
    await check(home);
  } finally {
    home.close();
  }
  if (edits.length > 0) await writeConfig(configFile, ...edits);
}

/** What makes a chain the one that it is: another node of it may be another person's. */
const contractsOf = ({ deployment: { rpcUrl: _, ...contracts } }: NetworkDescription["chains"][string]) => contracts;

function conflict(configFile: string, what: string): MedexError {
  return new MedexError(
    "CONFIG_INVALID",
    `the invite describes another ${what} than the configuration ${configFile}: if it is for another network, give --home or --configuration`,
  );
}
