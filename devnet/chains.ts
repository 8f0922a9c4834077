import { join } from "node:path";
import type { Deployment, Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { deployChains, type NetworkConfig, type NetworkParameters, readNetworkParameters } from "@medexchain/deploy";
import { HDNodeWallet, JsonRpcProvider } from "ethers";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
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
  /** RPC of chains that run already, in place of the embedded ones. Development account 0 pays there, or gas is free. */
  readonly urls?: readonly [string | undefined, string | undefined];
}

/** A chain to deploy to. */
interface Node {
  readonly name: "chainA" | "chainB";
  readonly chainId: number;
  readonly rpcUrl: string;
  /** Whether transactions cost nothing, and accounts have nothing to pay with. */
  readonly free: boolean;
  close(): Promise<void>;
}

/**
 * Starts the two development chains (EDR, ids 31337 and 31338), or takes the ones that run at `urls`, deploys the suite to each as
 * `medex deploy` does, opens the lane between them both ways, and admits the relayer. Development account 0 is the administrator of both.
 *
 * @throws SERVICE_UNREACHABLE when nothing answers at one of `urls`; all that a deployment throws
 */
export async function startChains(options: LaneOptions): Promise<readonly [DevelopmentChain, DevelopmentChain]> {
  await using stack = new AsyncDisposableStack();
  const [portA, portB] = options.ports ?? [0, 0];
  const [urlA, urlB] = options.urls ?? [];
  let hre: Promise<HardhatRuntimeEnvironment> | undefined;
  const environment = () => {
    hre ??= createHardhatRuntimeEnvironment({ networks: NETWORKS }, {}, packageRoot());
    return hre;
  };
  const open = async (name: Node["name"], port: number, url: string | undefined): Promise<Node> => {
    const node = url === undefined ? await serve(await environment(), name, port) : await lookAt(name, url);
    stack.defer(() => node.close());
    return node;
  };
  const a = await open("chainA", portA, urlA);
  const b = await open("chainB", portB, urlB);

  const { relayer, others = [], threshold = 1, sealingKey } = options;
  // Everything else goes over the RPC and as it does with chains elsewhere.
  const parameters: NetworkParameters = {
    ...(await readNetworkParameters(join(packageRoot(), "deploy/parameters/hardhat.jsonc"))),
    relayers: { accounts: [relayer, ...others], threshold, minThreshold: 1, sealingKey },
  };
  const network = ({ name, chainId, rpcUrl, free }: Node): NetworkConfig => {
    const transactions = { ...parameters.transactions, ...(free && { gasPrice: 0 }) };
    return { name, chainId, rpcUrl, parameters: { ...parameters, transactions }, journal: join(options.journal, name) };
  };
  const chains = await deployChains(
    { networks: [network(a), network(b)], output: join(options.journal, "medex.config.json") },
    developmentAccount(0),
  );
  const chain = ({ name, close }: Node): DevelopmentChain => {
    const entry = chains[name];
    if (entry === undefined) throw new Error(`${name} was deployed and is not in the result`);
    return { deployment: entry.deployment, close };
  };
  const pair = [chain(a), chain(b)] as const;
  stack.move();
  return pair;
}

/** Starts an embedded chain. */
async function serve(hre: HardhatRuntimeEnvironment, name: Node["name"], port: number): Promise<Node> {
  const server = await hre.network.createServer(name, "127.0.0.1", port);
  const listening = await server.listen();
  const rpcUrl = `http://127.0.0.1:${listening.port}`;
  return { name, chainId: NETWORKS[name].chainId, rpcUrl, free: false, close: () => server.close() };
}

/** Asks a chain that runs elsewhere for its id, and whether its gas is free. */
async function lookAt(name: Node["name"], rpcUrl: string): Promise<Node> {
  const provider = new JsonRpcProvider(rpcUrl, undefined, { staticNetwork: true, cacheTimeout: -1 });
  try {
    const chainId = Number(await provider.send("eth_chainId", []));
    return { name, chainId, rpcUrl, free: await isGasFree(provider), close: async () => {} };
  } catch (cause) {
    throw new MedexError("SERVICE_UNREACHABLE", `${name}: no chain answers at ${new URL(rpcUrl).origin}`, { cause });
  } finally {
    provider.destroy();
  }
}

/** Whether a chain asks nothing for gas, as a consortium's does: its accounts then have no ether, and need none. */
export async function isGasFree(provider: JsonRpcProvider): Promise<boolean> {
  const block: { readonly baseFeePerGas?: string } = await provider.send("eth_getBlockByNumber", ["latest", false]);
  return BigInt(block.baseFeePerGas ?? 0) === 0n && BigInt(await provider.send("eth_gasPrice", [])) === 0n;
}
