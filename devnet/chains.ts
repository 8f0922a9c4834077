import { join } from "node:path";
import type { Deployment, Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { deployChains, type NetworkConfig, type NetworkParameters, readNetworkParameters } from "@medexchain/deploy";
import { getAddress, HDNodeWallet, JsonRpcProvider } from "ethers";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { packageRoot } from "./package-root.ts";
import { startSealingNode } from "./seals/sealing-node.ts";
import { drawValidators, type Validator } from "./seals/validators.ts";

/** By their networks' names. */
const CHAIN_IDS = { chainA: 31337, chainB: 31338 } as const;
/** The fewest of whom one may fail. */
const VALIDATORS = 4;
/** For how many seconds a chain trusts the other's validators without a later header. */
const TRUSTING_PERIOD = 14 * 86_400;
/** What makes one chain's messages believed on the other. */
export type LanePolicy = NonNullable<NetworkParameters["lane"]>["policy"];

/** Hardhat's well-known development accounts: funded on every development chain, and worth nothing anywhere else. */
const MNEMONIC = "test test test test test test test test test test test junk";

/** A development account, with its key in the clear. */
export function developmentAccount(index: number): HDNodeWallet {
  return HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`);
}

export interface DevelopmentChain {
  readonly deployment: Deployment;
  /** The registry of studies, which chain A has. */
  readonly studies: string | undefined;
  /** Who seals its blocks, in ascending order; nobody where lanes are attested. */
  readonly validators: readonly Validator[];
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
  /** What makes one chain's messages believed on the other. `attested` unless given; otherwise validators seal the blocks. */
  readonly lanes?: LanePolicy;
}

/** A chain to deploy to. */
interface Node {
  readonly name: "chainA" | "chainB";
  readonly chainId: number;
  readonly rpcUrl: string;
  /** Whether transactions cost nothing, and accounts have nothing to pay with. */
  readonly free: boolean;
  /** Who seals its blocks, as far as they are known here. */
  readonly validators: readonly Validator[];
  close(): Promise<void>;
}

/**
 * Starts the two development chains (EDR, ids 31337 and 31338), or takes the ones that run at `urls`, deploys the suite to each as
 * `medex deploy` does, opens the lane between them both ways, and admits the relayer. Development account 0 is the administrator of both.
 *
 * @throws CONFIG_INVALID when lanes are to be proven to chains at `urls`, whose validators are not known here; SERVICE_UNREACHABLE when nothing answers at one of `urls`; all that a deployment throws
 */
export async function startChains(options: LaneOptions): Promise<readonly [DevelopmentChain, DevelopmentChain]> {
  await using stack = new AsyncDisposableStack();
  const [portA, portB] = options.ports ?? [0, 0];
  const [urlA, urlB] = options.urls ?? [];
  const { lanes = "attested" } = options;
  if (lanes !== "attested" && (urlA ?? urlB) !== undefined) {
    throw new MedexError(
      "CONFIG_INVALID",
      "chains that run elsewhere have validators of their own: deploy to them with `lane` in their parameters",
    );
  }
  const draw = (): Validator[] => (lanes === "attested" ? [] : drawValidators(VALIDATORS));
  const validators = { chainA: draw(), chainB: draw() };
  let hre: Promise<HardhatRuntimeEnvironment> | undefined;
  const environment = () => {
    const networks = { chainA: networkOf("chainA", validators.chainA), chainB: networkOf("chainB", validators.chainB) };
    hre ??= createHardhatRuntimeEnvironment({ networks }, {}, packageRoot());
    return hre;
  };
  const open = async (name: Node["name"], port: number, url: string | undefined): Promise<Node> => {
    const node =
      url === undefined ? await serve(await environment(), name, port, validators[name]) : await lookAt(name, url);
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
  const network = ({ name, chainId, rpcUrl, free }: Node, other: Node): NetworkConfig => {
    const transactions = { ...parameters.transactions, ...(free && { gasPrice: 0 }) };
    const sealing = other.validators.map(({ address }) => getAddress(address));
    const lane =
      lanes === "attested"
        ? { policy: lanes }
        : { policy: lanes, validators: sealing, trustingPeriod: TRUSTING_PERIOD };
    const journal = join(options.journal, name);
    return {
      name,
      chainId,
      rpcUrl,
      parameters: { ...parameters, lane, transactions, studies: name === "chainA" },
      journal,
    };
  };
  const chains = await deployChains(
    { networks: [network(a, b), network(b, a)], output: join(options.journal, "medex.config.json") },
    developmentAccount(0),
  );
  const chain = ({ name, validators: sealing, close }: Node): DevelopmentChain => {
    const entry = chains[name];
    if (entry === undefined) throw new Error(`${name} was deployed and is not in the result`);
    return { deployment: entry.deployment, studies: entry.studies, validators: sealing, close };
  };
  const pair = [chain(a), chain(b)] as const;
  stack.move();
  return pair;
}

/**
 * One second may hold many blocks, so that a burst of transactions does not push the chain's clock ahead of real time. Where blocks are sealed, a
 * validator makes them.
 */
function networkOf(name: Node["name"], [proposer]: readonly Validator[]) {
  const network = { type: "edr-simulated", chainId: CHAIN_IDS[name], allowBlocksWithSameTimestamp: true } as const;
  return proposer ? { ...network, coinbase: proposer.address } : network;
}

/** Starts an embedded chain, behind a node that seals its blocks where there are validators. */
async function serve(
  hre: HardhatRuntimeEnvironment,
  name: Node["name"],
  port: number,
  sealing: readonly Validator[],
): Promise<Node> {
  await using stack = new AsyncDisposableStack();
  const isSealed = sealing.length > 0;
  const server = await hre.network.createServer(name, "127.0.0.1", isSealed ? 0 : port);
  const listening = await server.listen();
  stack.defer(() => server.close());
  const ownUrl = `http://127.0.0.1:${listening.port}`;
  const rpcUrl = isSealed
    ? stack.adopt(await startSealingNode(ownUrl, sealing, port), (node) => node.close()).url
    : ownUrl;
  const running = stack.move();
  return {
    name,
    chainId: CHAIN_IDS[name],
    rpcUrl,
    free: false,
    validators: sealing,
    close: () => running.disposeAsync(),
  };
}

/** Asks a chain that runs elsewhere for its id, and whether its gas is free. */
async function lookAt(name: Node["name"], rpcUrl: string): Promise<Node> {
  const provider = new JsonRpcProvider(rpcUrl, undefined, { staticNetwork: true, cacheTimeout: -1 });
  try {
    const chainId = Number(await provider.send("eth_chainId", []));
    return { name, chainId, rpcUrl, free: await isGasFree(provider), validators: [], close: async () => {} };
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
