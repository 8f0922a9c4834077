import { existsSync } from "node:fs";
import { join } from "node:path";
import { MedexError } from "@medexchain/core";
import { isCodeOf, type JsonRpc, NodeRefusal } from "@medexchain/evm";
import {
  type ArtifactResolver,
  type DeploymentParameters,
  type DeploymentResult,
  DeploymentResultType,
  deploy,
  type EIP1193Provider,
  type IgnitionModule,
  status,
} from "@nomicfoundation/ignition-core";
import { type BaseWallet, Interface, ZeroAddress } from "ethers";
import type { NetworkConfig } from "./config.ts";
import { deployerAccount } from "./deployer-account.ts";
import { handOverModule } from "./HandOver.ts";
import { lockJournal } from "./journal-lock.ts";
import LaneModule from "./Lane.ts";
import { lanePolicyModule } from "./LanePolicy.ts";
import MedExChainModule from "./MedExChain.ts";
import { networkRpc } from "./network-rpc.ts";
import { checkChain, checkFunds, openJournal } from "./preflight.ts";
import { relayersModule } from "./Relayers.ts";
import { renounceModule } from "./Renounce.ts";
import { firstBlock, journalFile, mendFiles, recover } from "./recover.ts";
import { ACCOUNT_ROLES, ROLES } from "./roles.ts";
import StudiesModule from "./Studies.ts";
import { type Addresses, CONTRACTS, type ContractName, deviations, withDeployer } from "./verify.ts";

/** A day: where gas is free no fee can be raised, and a chain that stands still may go on. */
const PATIENCE_MS = 86_400_000;

/**
 * The deployment to one chain, step by step. Every step may be repeated, by this process or a later one: what the journal says is done
 * is not done again.
 */
export interface ChainDeployment extends Disposable {
  readonly network: NetworkConfig;
  /** Whether the deployer has given its roles away before this run: then nothing is sent any more. */
  readonly handedOver: boolean;
  /** Deploys the contracts and binds their calls to roles. */
  deploySuite(): Promise<Addresses>;
  /** Deploys the registry of studies, where the parameters ask for one; undefined elsewhere. It has no roles, so it may follow long after. */
  deployStudies(here: Addresses): Promise<string | undefined>;
  /** Opens the lane to the other chain and admits the relayers. */
  join(here: Addresses, peer: Peer): Promise<void>;
  /** Gives the roles to their holders, checks that they have them, and only then takes them from the deployer. */
  handOver(here: Addresses, peer: Peer): Promise<void>;
  /** Reads everything back. */
  check(here: Addresses, peer: Peer): Promise<void>;
  /** The block in which the deployment began. */
  fromBlock(): number;
}

export interface Peer {
  readonly chainId: number;
  readonly addresses: Addresses;
}

/**
 * Checks a chain and opens the deployment's journal: a new one, or one that an earlier run left at any point.
 *
 * @throws CONFIG_INVALID, SERVICE_UNREACHABLE, CHAIN_MISMATCH, DEPLOYER_UNFUNDED, DEPLOYMENT_FAILED
 */
export async function openDeployment(
  network: NetworkConfig,
  wallet: BaseWallet,
  artifacts: ArtifactResolver,
): Promise<ChainDeployment> {
  const { name, chainId, rpcUrl, journal, parameters } = network;
  const { confirmations, pollInterval, gasPrice } = parameters.transactions;
  const deployer = wallet.address;
  checkRoles(network, deployer);
  const rpc = networkRpc(name, rpcUrl);
  await checkChain(network, rpc);
  const origin = await openJournal(network, rpc, deployer);
  const lock = lockJournal(name, journal);
  try {
    mendFiles(journal);
    const provider = deployerAccount({ rpc, wallet, chainId, gasPrice, journal });
    const handedOver = await isHandedOver(rpc, journal, origin);
    if (!handedOver) {
      if (origin !== deployer) {
        throw new MedexError(
          "CONFIG_INVALID",
          `${name}: ${origin} began this deployment, not ${deployer}: use its key`,
        );
      }
      if (!existsSync(journalFile(journal))) await checkFunds(network, rpc, deployer);
      await recover({ network: name, journal, rpc, provider, artifacts, confirmations, pollInterval, deployer });
    }
    return chainDeployment({ network, rpc, provider, artifacts, deployer, handedOver, lock });
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

interface Context {
  readonly network: NetworkConfig;
  readonly rpc: JsonRpc;
  readonly provider: EIP1193Provider;
  readonly artifacts: ArtifactResolver;
  readonly deployer: string;
  readonly handedOver: boolean;
  readonly lock: Disposable;
}

function chainDeployment({ network, rpc, provider, artifacts, deployer, handedOver, lock }: Context): ChainDeployment {
  const { name, journal, parameters } = network;
  const { roles, development, policies = [], predecessor = ZeroAddress, lane = { policy: "attested" } } = parameters;
  const { confirmations, pollInterval, gasPrice } = parameters.transactions;
  const free = gasPrice !== undefined;

  const run = async (ignitionModule: IgnitionModule, deploymentParameters: DeploymentParameters = {}) => {
    const result = await deploy({
      ignitionModule,
      deploymentParameters,
      provider,
      artifactResolver: artifacts,
      deploymentDir: journal,
      accounts: [deployer],
      config: {
        requiredConfirmations: confirmations,
        blockPollingInterval: pollInterval,
        ...(free && { timeBeforeBumpingFees: PATIENCE_MS }),
      },
      ...(gasPrice !== undefined && { gasPrice: BigInt(gasPrice) }),
    }).catch((error) => {
      throw failed(name, error);
    });
    if (!isDone(ignitionModule, result)) throw failedResult(network, result);
  };
  const expected = (addresses: Addresses, peer: Peer) => ({
    addresses,
    fromBlock: fromBlock(),
    roles,
    relayers: parameters.relayers,
    lane,
    policies,
    predecessor,
    contractAccounts: [...policies, ...(development ? [] : roles.administrator.map(({ account }) => account))],
    peer,
  });
  const requireNone = (found: readonly string[], advice: string) => {
    if (found.length === 0) return;
    throw new MedexError("DEPLOYMENT_DEVIATES", `${name}: ${found.join("; ")}: ${advice}`);
  };
  const fromBlock = (): number => firstBlock(journal) ?? 0;

  return {
    network,
    handedOver,
    fromBlock,
    async deploySuite() {
      if (!handedOver) await run(MedExChainModule, { MedExChain: { predecessor } });
      return deployedAddresses(name, journal);
    },
    async deployStudies({ hospitals }) {
      if (parameters.studies !== true) return undefined;
      await run(StudiesModule, { Studies: { hospitals } });
      const { contracts } = await status(journal);
      const address = contracts[StudiesModule.results.studies.id]?.address;
      const code = address === undefined ? "0x" : String(await rpc.request("eth_getCode", [address, "latest"]));
      const isRight = isCodeOf(code, await artifacts.loadArtifact("StudyRegistry"));
      requireNone(
        isRight ? [] : [`studies at ${address} is not StudyRegistry of this build`],
        "deploy it with the build that is in use",
      );
      return address;
    },
    async join(here, peer) {
      if (handedOver) return;
      await run(LaneModule, {
        Lane: {
          chainId: BigInt(peer.chainId),
          hospitals: here.hospitals,
          mailbox: here.mailbox,
          grants: here.grants,
          requests: here.requests,
          checkpoints: here.checkpoints,
          peerHospitals: peer.addresses.hospitals,
          peerMailbox: peer.addresses.mailbox,
          peerRequests: peer.addresses.requests,
          peerGrants: peer.addresses.grants,
          peerLedger: peer.addresses.ledger,
        },
      });
      if (lane.policy !== "attested") {
        await run(lanePolicyModule(peer.chainId, lane), { LanePolicy: { mailbox: here.mailbox } });
      }
      if (parameters.relayers !== undefined) {
        await run(relayersModule(parameters.relayers), { Relayers: { relayers: here.relayers } });
      }
    },
    async handOver(here, peer) {
      if (handedOver) return;
      await run(handOverModule(roles, policies), { HandOver: { manager: here.manager } });
      const renounced = ACCOUNT_ROLES.filter((role) => !roles[role].some(({ account }) => account === deployer));
      if (renounced.length === 0) return;
      // Some of them may be renounced already, by a run that was cut off.
      const interim = { ...expected(here, peer), roles: withDeployer(roles, deployer) };
      const found = await deviations(rpc, artifacts, interim);
      const mayBeGone = new Set(renounced.map((role) => `${deployer} does not hold role ${ROLES[role]} (${role})`));
      requireNone(
        found.filter((each) => !mayBeGone.has(each)),
        "the deployer keeps its roles until this is fixed",
      );
      // The administrator's is the first of the list, and must be given up last.
      await run(renounceModule(renounced.toReversed()), { Renounce: { manager: here.manager } });
    },
    async check(here, peer) {
      const found = await deviations(rpc, artifacts, expected(here, peer));
      requireNone(found, "correct the chain, or update its parameters");
    },
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  };
}

/** A role for the deployer itself is for development chains. */
function checkRoles({ name, parameters: { development, roles } }: NetworkConfig, deployer: string): void {
  if (development) return;
  for (const role of ACCOUNT_ROLES) {
    if (roles[role].some(({ account }) => account === deployer)) {
      throw new MedexError(
        "CONFIG_INVALID",
        `network parameters of ${name}: roles.${role}: is the deployer ${deployer}, which may keep a role only on development chains`,
      );
    }
  }
}

const MANAGER = new Interface(["function hasRole(uint64, address) view returns (bool, uint32)"]);

/** The administrator's role is the last that a deployer gives up: without it, it has done everything. */
async function isHandedOver(rpc: JsonRpc, journal: string, deployer: string): Promise<boolean> {
  const manager = (await journalAddresses(journal)).manager;
  if (manager === undefined || (await rpc.request("eth_getCode", [manager, "latest"])) === "0x") return false;
  const data = MANAGER.encodeFunctionData("hasRole", [ROLES.administrator, deployer]);
  const answer = await rpc.request("eth_call", [{ to: manager, data }, "latest"]);
  return MANAGER.decodeFunctionResult("hasRole", String(answer))[0] === false;
}

/** Where the contracts are by the journal, as far as they are deployed. */
async function journalAddresses(journal: string): Promise<Partial<Record<ContractName, string>>> {
  if (!existsSync(journalFile(journal))) return {};
  const { contracts } = await status(journal);
  const addresses: Partial<Record<ContractName, string>> = {};
  for (const name of Object.keys(CONTRACTS) as ContractName[]) {
    const address = contracts[MedExChainModule.results[name].id]?.address;
    if (address !== undefined) addresses[name] = address;
  }
  return addresses;
}

async function deployedAddresses(network: string, journal: string): Promise<Addresses> {
  const addresses = await journalAddresses(journal);
  for (const name of Object.keys(CONTRACTS) as ContractName[]) {
    if (addresses[name] === undefined) {
      throw new MedexError(
        "DEPLOYMENT_DEVIATES",
        `${network}: ${join(journal, "journal.jsonl")} has no ${CONTRACTS[name]}`,
      );
    }
  }
  return addresses as Addresses; // checked just above
}

/** What Ignition throws, as one line; our own errors pass. */
function failed(network: string, cause: unknown): MedexError {
  if (MedexError.is(cause) && !(cause instanceof NodeRefusal)) return cause;
  const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : "unknown";
  return new MedexError("DEPLOYMENT_FAILED", `${network}: ${reason}: fix it and run again`, { cause });
}

/**
 * Whether every step of a module is done. Ignition calls a module failed when a later one of the same journal was cut off in a former
 * run: that one's turn comes.
 */
function isDone({ futures }: IgnitionModule, result: DeploymentResult): boolean {
  if (result.type === DeploymentResultType.SUCCESSFUL_DEPLOYMENT) return true;
  if (result.type !== DeploymentResultType.EXECUTION_ERROR) return false;
  const done = new Set(result.successful);
  return [...futures].every(({ id }) => done.has(id));
}

function failedResult({ name, journal }: NetworkConfig, result: DeploymentResult): MedexError {
  const steps =
    result.type === DeploymentResultType.EXECUTION_ERROR
      ? [
          ...result.failed.map(({ futureId, error }) => `${futureId}: ${error}`),
          ...result.timedOut.map(({ futureId }) => `${futureId}: no receipt in time`),
          ...result.started.map((futureId) => `${futureId}: not finished`),
        ]
      : "errors" in result
        ? Object.entries(result.errors).map(([futureId, errors]) => `${futureId}: ${errors.join(", ")}`)
        : [];
  if (result.type === DeploymentResultType.RECONCILIATION_ERROR) {
    return new MedexError(
      "DEPLOYMENT_DEVIATES",
      `${name}: the contracts or parameters differ from those with which ${journal} was begun (${steps.join("; ")}): go on with those, or move the journal away to deploy anew`,
    );
  }
  return new MedexError("DEPLOYMENT_FAILED", `${name}: ${steps.join("; ")}: fix it and run again`);
}
