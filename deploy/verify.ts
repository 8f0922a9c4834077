import type { Deployment } from "@medexchain/chain";
import { allLogs, isCodeOf, type JsonRpc } from "@medexchain/evm";
import type { Artifact, ArtifactResolver } from "@nomicfoundation/ignition-core";
import { getAddress, Interface, id, ZeroAddress } from "ethers";
import { z } from "zod";
import { inOrder } from "./LanePolicy.ts";
import MedExChainModule from "./MedExChain.ts";
import { type LaneParameters, type NetworkParameters, POLICIES, type RolesParameters } from "./network-parameters.ts";
import { ACCOUNT_ROLES, type AccountRole, LANES, RESTRICTED, ROLES, type RoleName } from "./roles.ts";

export type Suite = typeof MedExChainModule.results;
export type ContractName = keyof Suite;
export type Addresses = Readonly<Record<ContractName, string>>;

/** The contracts by the names that a deployment has for them, with the names of their artifacts. */
export const CONTRACTS = Object.fromEntries(
  Object.entries(MedExChainModule.results).map(([name, { contractName }]) => [name, contractName]),
) as Record<ContractName, string>; // the same keys

/** What a chain must look like. */
export interface Expected {
  readonly addresses: Addresses;
  /** The block in which the deployment began. */
  readonly fromBlock: number;
  readonly roles: RolesParameters;
  readonly relayers: NetworkParameters["relayers"];
  readonly lane: LaneParameters;
  /** Contracts that hold the policy role beside `StandingConsents`. */
  readonly policies: readonly string[];
  /** The `AccessGrants` from which the suite goes on, or the zero address. */
  readonly predecessor: string;
  /** Accounts that must be contracts. */
  readonly contractAccounts: readonly string[];
  /** The other chain. */
  readonly peer: { readonly chainId: number; readonly addresses: Addresses };
}

const logsSchema = z.array(z.object({ data: z.string(), topics: z.array(z.string()) }));

/**
 * Reads a deployed suite back from its chain and compares it with what it must be: code, authority, the role of every function, who holds
 * which role with which delay (by the manager's whole history, so that nobody is overlooked), lanes, relayers, and the predecessor.
 *
 * @returns one line for each deviation, none when all is as it must be
 */
export async function deviations(rpc: JsonRpc, artifacts: ArtifactResolver, expected: Expected): Promise<string[]> {
  const suite = {} as Record<ContractName, Reader>; // filled just below, for every name
  for (const name of Object.keys(CONTRACTS) as ContractName[]) {
    const artifact = await artifacts.loadArtifact(CONTRACTS[name]);
    suite[name] = reader(rpc, expected.addresses[name], artifact);
  }
  const found: string[] = [];
  for (const [name, contract] of Object.entries(suite)) {
    const deviation = codeDeviation(await contract.code(), contract.artifact);
    if (deviation !== undefined) found.push(`${name} at ${contract.address} ${deviation}`);
  }
  // Nothing else can be asked where the contracts are not.
  if (found.length > 0) return found;
  const parts = [
    bindings(suite),
    holders(rpc, suite, expected),
    lanes(suite, expected),
    laneProofs(rpc, artifacts, suite, expected),
    relayers(suite, expected),
    predecessors(suite, expected),
  ];
  return (await Promise.all(parts)).flat();
}

interface Reader {
  readonly address: string;
  readonly artifact: Artifact;
  readonly abi: Interface;
  code(): Promise<string>;
  read(method: string, ...parameters: unknown[]): Promise<readonly unknown[]>;
}

function reader(rpc: JsonRpc, address: string, artifact: Artifact): Reader {
  const abi = new Interface(artifact.abi);
  return {
    address,
    artifact,
    abi,
    code: async () => String(await rpc.request("eth_getCode", [address, "latest"])),
    async read(method, ...parameters) {
      const data = abi.encodeFunctionData(method, parameters);
      const answer = await rpc.request("eth_call", [{ to: address, data }, "latest"]);
      return [...abi.decodeFunctionResult(method, String(answer))];
    },
  };
}

type Readers = Readonly<Record<ContractName, Reader>>;

function codeDeviation(code: string, artifact: Artifact): string | undefined {
  if (code === "0x") return "has no code";
  return isCodeOf(code, artifact) ? undefined : `is not ${artifact.contractName} of this build`;
}

/** Every function that changes state must need the role that `RESTRICTED` says, and no other function any but the default. */
async function bindings(suite: Readers): Promise<string[]> {
  const { manager } = suite;
  const found: string[] = [];
  for (const [name, contract] of Object.entries(suite)) {
    if (contract.abi.hasFunction("authority")) {
      const [authority] = await contract.read("authority");
      if (authority !== manager.address) found.push(`${name} obeys the manager ${authority}, not ${manager.address}`);
    }
    const [closed] = await manager.read("isTargetClosed", contract.address);
    if (closed !== false) found.push(`${name} is closed`);
    const wanted = new Map<string, RoleName>();
    for (const { contract: target, role, functions } of RESTRICTED) {
      if (target === name) for (const signature of functions) wanted.set(id(signature).slice(0, 10), role);
    }
    for (const fragment of contract.abi.fragments) {
      if (fragment.type !== "function" || !("selector" in fragment)) continue;
      const selector = String(fragment.selector);
      const role = ROLES[wanted.get(selector) ?? "administrator"];
      const [bound] = await manager.read("getTargetFunctionRole", contract.address, selector);
      if (bound !== role) found.push(`${name}.${fragment.format("sighash")} needs role ${bound}, not ${role}`);
      wanted.delete(selector);
    }
    for (const role of wanted.values()) found.push(`${name} lacks a function that roles.ts binds to ${role}`);
  }
  return found;
}

/** Exactly the holders that are configured, whoever was ever given a role. */
async function holders(
  rpc: JsonRpc,
  { manager, equivocations, consents }: Readers,
  expected: Expected,
): Promise<string[]> {
  const { roles, policies, contractAccounts, fromBlock } = expected;
  const wanted = new Map<string, { role: RoleName; account: string; delay: bigint }>();
  const want = (role: RoleName, account: string, delay: number) =>
    wanted.set(keyOf(ROLES[role], account), { role, account, delay: BigInt(delay) });
  for (const role of ACCOUNT_ROLES) {
    for (const { account, executionDelay } of roles[role]) want(role, account, executionDelay);
  }
  for (const policy of policies) want("policy", policy, 0);
  want("policy", consents.address, 0);
  want("equivocations", equivocations.address, 0);

  const found: string[] = [];
  for (const { roleId, account } of await everGranted(rpc, manager, fromBlock)) {
    const holder = wanted.get(keyOf(roleId, account));
    const [isMember, delay] = await manager.read("hasRole", roleId, account);
    if (holder === undefined) {
      if (isMember) found.push(`${account} holds role ${roleId} (${nameOf(roleId)}), and must not`);
      continue;
    }
    wanted.delete(keyOf(roleId, account));
    if (!isMember) found.push(`${account} does not hold role ${roleId} (${holder.role})`);
    else if (delay !== holder.delay) {
      found.push(`${account} acts as ${holder.role} after ${delay} s, not ${holder.delay} s`);
    }
  }
  for (const { role, account } of wanted.values()) found.push(`${account} was never given the role ${role}`);

  for (const [role, roleId] of Object.entries(ROLES)) {
    const [admin] = await manager.read("getRoleAdmin", roleId);
    if (admin !== ROLES.administrator) found.push(`role ${role} is given by role ${admin}, not by the administrator`);
  }
  for (const account of contractAccounts) {
    const code = String(await rpc.request("eth_getCode", [account, "latest"]));
    // EIP-7702: a key whose account borrows a contract's code is still one key.
    if (code === "0x" || code.startsWith("0xef0100")) found.push(`${account} must be a contract, and is not one`);
  }
  return found;
}

const keyOf = (roleId: bigint, account: string): string => `${roleId} ${getAddress(account)}`;
const nameOf = (roleId: bigint): string =>
  Object.entries(ROLES).find(([, each]) => each === roleId)?.[0] ?? "not one of the suite's";

async function everGranted(
  rpc: JsonRpc,
  manager: Reader,
  fromBlock: number,
): Promise<{ roleId: bigint; account: string }[]> {
  const granted = manager.abi.getEvent("RoleGranted");
  if (granted === null) throw new Error("the manager's ABI has no RoleGranted");
  const seen = new Map<string, { roleId: bigint; account: string }>();
  const logs = await allLogs({
    node: "the network",
    from: fromBlock,
    to: Number(await rpc.request("eth_blockNumber")),
    read: async (from, to) => {
      const filter = { address: manager.address, topics: [granted.topicHash], fromBlock: hex(from), toBlock: hex(to) };
      return logsSchema.parse(await rpc.request("eth_getLogs", [filter]));
    },
  });
  for (const { data, topics } of logs) {
    const [roleId, account] = manager.abi.decodeEventLog(granted, data, topics);
    seen.set(keyOf(roleId, account), { roleId, account });
  }
  return [...seen.values()];
}

const hex = (value: number): string => `0x${value.toString(16)}`;

async function lanes(suite: Readers, { peer }: Expected): Promise<string[]> {
  const found: string[] = [];
  for (const [here, there] of Object.entries(LANES) as [keyof typeof LANES, ContractName][]) {
    const [believed] = await suite[here].read("peerOf", peer.chainId);
    const wanted = peer.addresses[there];
    if (believed !== wanted) {
      found.push(
        `${here} believes ${believed === ZeroAddress ? "nobody" : believed} on chain ${peer.chainId}, not ${wanted}`,
      );
    }
  }
  return found;
}

/** That the lane asks for the proofs that are meant, of a client that began with the validators that are meant. */
async function laneProofs(
  rpc: JsonRpc,
  artifacts: ArtifactResolver,
  { mailbox }: Readers,
  { lane, peer: { chainId } }: Expected,
): Promise<string[]> {
  const [policy] = await mailbox.read("policyOf", chainId);
  const found: string[] = [];
  const told = POLICIES[Number(policy)];
  if (told !== lane.policy) found.push(`the lane from chain ${chainId} is ${told}, not ${lane.policy}`);
  if (lane.policy === "attested") return found;
  const [address] = await mailbox.read("clientOf", chainId);
  const client = reader(rpc, String(address), await artifacts.loadArtifact("QbftClient"));
  const deviation = codeDeviation(await client.code(), client.artifact);
  if (deviation !== undefined) return [...found, `the light client of chain ${chainId} at ${address} ${deviation}`];
  const [period] = await client.read("TRUSTING_PERIOD");
  if (period !== BigInt(lane.trustingPeriod)) {
    found.push(`the light client of chain ${chainId} trusts for ${period} s, not ${lane.trustingPeriod} s`);
  }
  const [isFrozen] = await client.read("isFrozen");
  if (isFrozen !== false)
    found.push(`the light client of chain ${chainId} is frozen: its validators contradicted themselves`);
  const [latest] = await client.read("latest");
  const [validators] = await client.read("validators");
  const list = [...(validators as Iterable<string>)].join(", "); // address[] in the ABI
  // From the first header on they are whoever the chain's own votes made validators.
  if (latest === 0n && list !== inOrder(lane.validators).join(", ")) {
    found.push(`the light client of chain ${chainId} trusts ${list}, not ${inOrder(lane.validators).join(", ")}`);
  }
  return found;
}

/** That hospitals, and with them records, and the ledger go on from the suite that is meant. */
async function predecessors({ hospitals, ledger }: Readers, { predecessor }: Expected): Promise<string[]> {
  const found: string[] = [];
  for (const [name, contract] of Object.entries({ hospitals, ledger })) {
    const [believed] = await contract.read("PREDECESSOR");
    if (believed !== predecessor) found.push(`${name} goes on from ${believed}, not from ${predecessor}`);
  }
  return found;
}

async function relayers({ relayers }: Readers, expected: Expected): Promise<string[]> {
  const found: string[] = [];
  const wanted = expected.relayers ?? {
    accounts: [],
    threshold: 0,
    minThreshold: 1,
    sealingKey: `0x${"0".repeat(64)}`,
  };
  const [accounts] = await relayers.read("relayers");
  const [threshold] = await relayers.read("threshold");
  const [minThreshold] = await relayers.read("minThreshold");
  const [sealingKey] = await relayers.read("sealingKey");
  const sorted = (list: readonly string[]): string => list.toSorted().join(", ") || "none";
  const admitted = sorted([...(accounts as Iterable<string>)]); // address[] in the ABI
  if (admitted !== sorted(wanted.accounts)) found.push(`the relayers are ${admitted}, not ${sorted(wanted.accounts)}`);
  if (threshold !== BigInt(wanted.threshold)) {
    found.push(`the relayers' threshold is ${threshold}, not ${wanted.threshold}`);
  }
  if (minThreshold !== BigInt(wanted.minThreshold)) {
    found.push(`the relayers' threshold may be as low as ${minThreshold}, not ${wanted.minThreshold}`);
  }
  if (sealingKey !== wanted.sealingKey) found.push(`the sealing key is ${sealingKey}, not ${wanted.sealingKey}`);
  return found;
}

/** The roles of the parameters and, beside them, those that the deployer still has before it renounces. */
export function withDeployer(roles: RolesParameters, deployer: string): RolesParameters {
  const add = (role: AccountRole) =>
    roles[role].some(({ account }) => account === deployer)
      ? roles[role]
      : [...roles[role], { account: deployer, executionDelay: 0 }];
  return {
    administrator: add("administrator"),
    registrar: add("registrar"),
    relayerManager: add("relayerManager"),
    laneManager: add("laneManager"),
    guardian: add("guardian"),
  };
}

/** The addresses as `medex.config.json` has them. */
export function deploymentOf(chainId: number, rpcUrl: string, addresses: Addresses): Deployment {
  return { chainId: BigInt(chainId), rpcUrl, ...addresses };
}
