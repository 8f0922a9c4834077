import { join } from "node:path";
import type { Deployment, Hex32 } from "@medexchain/chain";
import { deployChains, type NetworkConfig, type NetworkParameters, readNetworkParameters } from "@medexchain/deploy";
import { HDNodeWallet } from "ethers";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { packageRoot } from "./package-root.ts";

/** One second may hold many blocks, so that a burst of transactions does not push the chain's clock ahead of real time. */
const NETWORKS = {
  chainA: { type: "edr-simulated", chainId: 31337, allowBlocksWithSameTimestamp: true },
  chainB: { type: "edr-simulated", chainId: 31338, allowBlocksWithSameTimestamp: true },
} as const;

/** Hardhat's well-known development accounts: funded on every development chain, and worth nothing anywhere else. */
const MNEMONIC = "test test test test test test test test test test test junk";

/** A development account, with its key in the clear. */
export function developmentAccount(index: number): HDNodeWallet {
  return HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`);
}

export interface DevelopmentChain {
  readonly deployment: Deployment;
  close(): Promise<void>;
}

export interface LaneOptions {
  /** The relayer's account. */
  readonly relayer: string;
  /** The accounts of more relayers. */
  readonly others?: readonly string[];
  /** How many of them re-encrypt and attest; one unless given. */
  readonly threshold?: number;
  /** The X25519 public key to which owners sealed before relayers had their own, as in `RelayerSet`. */
  readonly sealingKey: Hex32;
  /** Where the journals of the deployments are kept; a new folder for new chains. */
  readonly journal: string;
  /** Ports of the two chains' RPC; by the system unless given. */
  readonly ports?: readonly [number, number];
}

/**
 * Starts the two development chains (EDR, ids 31337 and 31338), deploys the suite to each as `medex deploy` does, opens the lane between
 * them both ways, and admits the relayer. Development account 0 is the administrator of both.
 */
export async function startChains(options: LaneOptions): Promise<readonly [DevelopmentChain, DevelopmentChain]> {
  const hre = await createHardhatRuntimeEnvironment({ networks: NETWORKS }, {}, packageRoot());
  await using stack = new AsyncDisposableStack();
  const serve = async (name: "chainA" | "chainB", port: number) => {
    const server = await hre.network.createServer(name, "127.0.0.1", port);
    const listening = await server.listen();
    stack.defer(() => server.close());
    return { name, rpcUrl: `http://127.0.0.1:${listening.port}`, close: () => server.close() };
  };
  const [portA, portB] = options.ports ?? [0, 0];
  const a = await serve("chainA", portA);
  const b = await serve("chainB", portB);

  const { relayer, others = [], threshold = 1, sealingKey } = options;
  // Everything else goes over the RPC and as it does with chains elsewhere.
  const parameters: NetworkParameters = {
    ...(await readNetworkParameters(join(packageRoot(), "deploy/parameters/hardhat.jsonc"))),
    relayers: { accounts: [relayer, ...others], threshold, minThreshold: 1, sealingKey },
  };
  const network = ({ name, rpcUrl }: typeof a, chainId: number): NetworkConfig => {
    return { name, chainId, rpcUrl, parameters, journal: join(options.journal, name) };
  };
  const chains = await deployChains(
    { networks: [network(a, 31337), network(b, 31338)], output: join(options.journal, "medex.config.json") },
    developmentAccount(0),
  );
  const chain = ({ name, close }: typeof a): DevelopmentChain => {
    const entry = chains[name];
    if (entry === undefined) throw new Error(`${name} was deployed and is not in the result`);
    return { deployment: entry.deployment, close };
  };
  const pair = [chain(a), chain(b)] as const;
  stack.move();
  return pair;
}
