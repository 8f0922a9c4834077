/** Deploys the suite to two chains, joins them, and hands every role over: `medex deploy`, and the development network. */

import { type Chains, writeChains } from "@medexchain/config";
import { MedexError } from "@medexchain/core";
import type { BaseWallet } from "ethers";
import { artifactResolver } from "./artifact-resolver.ts";
import { type ChainDeployment, openDeployment } from "./chain-deployment.ts";
import type { DeploymentConfig } from "./config.ts";
import { takeOver } from "./take-over.ts";
import { deploymentOf } from "./verify.ts";

export {
  DEPLOYER_KEY_VARIABLE,
  type DeploymentConfig,
  type NetworkConfig,
  readDeployer,
  readDeploymentConfig,
} from "./config.ts";
export { type NetworkParameters, readNetworkParameters } from "./network-parameters.ts";
export { type TakenOver, type TakeOverOptions, takeOver } from "./take-over.ts";

/** How far a deployment is. */
export type DeployStep = "checked" | "deployed" | "joined" | "handed over" | "verified" | "taken over";

export interface DeployOptions {
  /** Told of each step on each network. */
  readonly observe?: (network: string, step: DeployStep) => void;
  /** Afterwards, has each suite that goes on from another take over what that ended with, see `takeOver`. */
  readonly takeOver?: boolean;
}

/**
 * Deploys to both chains, writes the addresses into `medex.config.json`, and returns what was written. Goes on where an earlier run
 * ended; where that was the end, only checks that both chains are as configured.
 *
 * @throws CONFIG_INVALID, SERVICE_UNREACHABLE, SERVICE_PROTOCOL, CHAIN_MISMATCH, DEPLOYER_UNFUNDED before anything is sent;
 * DEPLOYMENT_FAILED when a step fails; DEPLOYMENT_DEVIATES when a chain is not as configured; of taking over, as `takeOver`
 */
export async function deployChains(
  { networks, output }: DeploymentConfig,
  wallet: BaseWallet,
  { observe = () => {}, takeOver: takesOver = false }: DeployOptions = {},
): Promise<Chains> {
  using stack = new DisposableStack();
  const [a, b] = await both(networks, async (network) =>
    stack.use(await openDeployment(network, wallet, artifactResolver)),
  );
  const told = (chain: ChainDeployment, step: DeployStep) => observe(chain.network.name, step);
  for (const chain of [a, b]) told(chain, "checked");

  const [addressesA, addressesB] = await both([a, b], async (chain) => {
    const addresses = await chain.deploySuite();
    told(chain, "deployed");
    return addresses;
  });
  const sides = [
    { chain: a, other: b, here: addressesA, peer: { chainId: b.network.chainId, addresses: addressesB } },
    { chain: b, other: a, here: addressesB, peer: { chainId: a.network.chainId, addresses: addressesA } },
  ] as const;
  // Both are joined before either deployer gives its roles up, so that whatever fails until here can be fixed.
  await both(sides, async ({ chain, here, peer }) => {
    await chain.join(here, peer);
    told(chain, "joined");
  });
  await both(sides, async ({ chain, here, peer }) => {
    await chain.handOver(here, peer);
    told(chain, "handed over");
  });
  await both(sides, async ({ chain, here, peer }) => {
    await chain.check(here, peer);
    told(chain, "verified");
  });

  const studies = await both(sides, async ({ chain, here }) => chain.deployStudies(here));

  const chains: Chains = {};
  for (const [i, { chain, other, here }] of sides.entries()) {
    const registry = studies[i];
    const { name, chainId, rpcUrl, parameters } = chain.network;
    const { lane } = other.network.parameters;
    chains[name] = {
      deployment: deploymentOf(chainId, rpcUrl, here),
      fromBlock: chain.fromBlock(),
      // A block is final here once this many follow it; its own counts as the first confirmation.
      confirmations: parameters.transactions.confirmations - 1,
      ...(registry !== undefined && { studies: registry }),
      // Whom the other chain trusts the auditor can, too.
      ...(lane !== undefined && lane.policy !== "attested" && { validators: lane.validators }),
    };
  }
  await writeChains(output, chains);
  if (takesOver) {
    await both(sides, async ({ chain, here }) => {
      const { chainId, rpcUrl, parameters } = chain.network;
      const { predecessor, transactions } = parameters;
      if (predecessor === undefined) return;
      const gasPrice = transactions.gasPrice === undefined ? {} : { gasPrice: BigInt(transactions.gasPrice) };
      await takeOver(deploymentOf(chainId, rpcUrl, here), predecessor, wallet, gasPrice);
      told(chain, "taken over");
    });
  }
  return chains;
}

/** Does one thing on both chains at once; what runs on one is never cut off by a failure on the other. */
async function both<T, R>(pair: readonly [T, T], act: (each: T) => Promise<R>): Promise<[R, R]> {
  const [first, second] = await Promise.allSettled([act(pair[0]), act(pair[1])]);
  if (first.status === "fulfilled" && second.status === "fulfilled") return [first.value, second.value];
  const errors = [first, second].flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  const foreseen = errors.filter((error): error is MedexError => MedexError.is(error));
  const [only] = foreseen;
  if (only === undefined || foreseen.length < errors.length) throw errors.find((error) => !MedexError.is(error));
  if (foreseen.length === 1) throw only;
  throw new MedexError(only.code, foreseen.map(({ message }) => message).join("; and "), { cause: only });
}
