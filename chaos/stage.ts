/** What a run plays on: two chains, IPFS, the Tangle, the people, and for each relayer its own faulty way to all of them. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DataOwner, DataUser } from "@medexchain/actors";
import { type Deployment, type Hex32, toHex32, transact } from "@medexchain/chain";
import { generateSealingKeyPair } from "@medexchain/pre";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import { z } from "zod";
import { assembleCast, type Cast, enrolDoctor, enrolPatient } from "../devnet/cast.ts";
import { developmentAccount, startChains } from "../devnet/chains.ts";
import { fund } from "../devnet/funding.ts";
import { startIpfsServer } from "../devnet/ipfs/index.ts";
import { freePort } from "../devnet/relayers.ts";
import { startTangleServer } from "../devnet/tangle/index.ts";
import { startWithholdingStore } from "../devnet/withholding-store.ts";
import { type EdgeFaults, edgeFaults } from "./edge.ts";
import { createGate, type Gate } from "./gate.ts";
import { enrolHostileMembers, type HostileMembers } from "./hostile-members.ts";
import { type Answer, type Call, startHttpProxy } from "./http-proxy.ts";
import type { Edge, FaultPlan } from "./plan.ts";
import { createDatabase, type RunDatabase } from "./postgres.ts";
import { exampleDocument, exampleSelectors } from "./record.ts";
import { distortRpc, isSend, nodeError, overloaded, staleCall } from "./rpc-faults.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

/** What a relayer process is given. */
export interface RelayerSetting {
  readonly account: string;
  readonly secrets: { readonly accountKey: string; readonly sealingKey: string };
  /** For `parseRelayerConfig`, in JSON types. */
  readonly config: unknown;
}

export interface Stage extends AsyncDisposable {
  readonly directory: string;
  readonly chains: { readonly chainA: Served; readonly chainB: Served };
  readonly cast: Cast;
  readonly patients: readonly DataOwner[];
  readonly doctors: readonly DataUser[];
  /** Record ids, as the plan numbers them. */
  readonly records: readonly Hex32[];
  readonly hostile: HostileMembers;
  readonly relayers: readonly RelayerSetting[];
  /** Of the database that the relayers share, past all faults; undefined where each has its own. */
  readonly sharedDatabaseUrl: string | undefined;
  readonly edges: readonly { readonly edge: Edge; readonly relayer: number; readonly faults: EdgeFaults }[];
}

/** A chain's own node, and the gate before it. */
export interface Served {
  readonly deployment: Deployment;
  readonly gate: Gate;
}

export interface StageOptions {
  readonly plan: FaultPlan;
  /** Since the start of the plan, ms; negative before it. */
  readonly elapsed: () => number;
  /** A relayer's process is about to send a transaction, or has. */
  readonly onSend: (relayer: number, moment: "before-send" | "after-send") => void;
  /** URL of a PostgreSQL server on which a database is made for the run; embedded ones unless given. */
  readonly databaseUrl?: string | undefined;
}

/** The number of a chain's newest block. */
async function headOf({ rpcUrl }: Deployment): Promise<number> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] });
  const reply = await fetch(rpcUrl, { method: "POST", headers: { "content-type": "application/json" }, body });
  return Number(z.object({ result: z.string() }).parse(await reply.json()).result);
}

export async function startStage(options: StageOptions): Promise<Stage> {
  const { plan, elapsed } = options;
  const directory = await mkdtemp(join(tmpdir(), "medexchain-chaos-"));
  await using stack = new AsyncDisposableStack();
  const accounts = Array.from({ length: plan.relayers }, () => new Wallet(Wallet.createRandom().privateKey));
  const [firstAccount] = accounts;
  if (!firstAccount) throw new RangeError("a plan has at least one relayer");
  const { publicKey: suiteKey } = await generateSealingKeyPair();
  const served = await startChains({
    relayer: firstAccount.address,
    sealingKey: toHex32(suiteKey),
    journal: join(directory, "ignition"),
  });
  for (const chain of served) stack.defer(() => chain.close());
  const [a, b] = served;
  const chains = {
    chainA: { deployment: a.deployment, gate: createGate() },
    chainB: { deployment: b.deployment, gate: createGate() },
  };
  const ipfs = await startIpfsServer({ directory: join(directory, "ipfs") });
  stack.defer(() => ipfs.close());
  const tangle = await startTangleServer({ directory: join(directory, "tangle") });
  stack.defer(() => tangle.close());
  for (const { address } of accounts) {
    for (const { deployment } of served) await fund(deployment, address);
  }

  const edges: { edge: Edge; relayer: number; faults: EdgeFaults }[] = [];
  const faultsOf = (edge: Edge, relayer: number): EdgeFaults => {
    const faults = edgeFaults(plan, edge, relayer, elapsed);
    edges.push({ edge, relayer, faults });
    return faults;
  };
  const quiet = async ({ deployment, gate }: Served): Promise<Deployment> => {
    const around = (_: Call, forward: () => Promise<Answer>) => gate.shared(forward);
    const proxy = stack.use(await startHttpProxy({ target: deployment.rpcUrl, around }));
    return { ...deployment, rpcUrl: proxy.url };
  };
  const { next: nextAtTangle } = faultsOf("tangle", 0);
  const badTangle = stack.use(await startHttpProxy({ target: tangle.url, next: nextAtTangle }));

  const services = {
    chainA: await quiet(chains.chainA),
    chainB: await quiet(chains.chainB),
    ipfsUrl: ipfs.url,
    tangleUrl: badTangle.url,
    directory,
  };
  const cast = stack.use(await assembleCast(services));
  const { hospitalA, chainA } = cast;
  const operatorA = chainA.as(hospitalA.hospital.operator);
  await transact(chainA, () => operatorA.hospitals.setMaxAccessCount(hospitalA.hospital.id, plan.hospitalLimit));
  for (const { address } of accounts.slice(1)) {
    for (const chain of [cast.chainA, cast.chainB]) {
      await transact(chain, () => chain.as(developmentAccount(0)).relayers.addRelayer(address));
    }
  }
  if (plan.threshold > 1) {
    for (const chain of [cast.chainA, cast.chainB]) {
      await transact(chain, () => chain.as(developmentAccount(0)).relayers.setThreshold(plan.threshold));
    }
  }
  // Each must know the others' addresses before they listen.
  const ports = await Promise.all(accounts.map(() => freePort()));
  const patients = [cast.patient];
  while (patients.length < plan.patients) {
    const name = `patient-${patients.length + 1}`;
    patients.push(stack.use(await enrolPatient(cast, name)));
  }
  const doctors: DataUser[] = [...cast.doctors];
  while (doctors.length < plan.doctors) {
    const name = `doctor-${doctors.length + 1}`;
    doctors.push(stack.use(await enrolDoctor(cast, name)));
  }
  const records: Hex32[] = [];
  for (const { patient, maxAccessCount } of plan.records) {
    const owner = patients[patient];
    if (!owner) throw new RangeError(`the plan has no patient ${patient}`);
    const { recordId } = await owner.publish({
      document: exampleDocument(),
      privateSelectors: exampleSelectors(),
      maxAccessCount,
    });
    records.push(recordId);
  }

  const hostile = stack.use(await enrolHostileMembers(ipfs.url, cast));
  const newDatabase = async (server: string): Promise<RunDatabase> => {
    const made = await createDatabase(server);
    stack.defer(() => made.drop());
    return made;
  };
  const { databaseUrl } = options;
  const shared = databaseUrl === undefined || plan.separate ? undefined : await newDatabase(databaseUrl);
  const elsewhere =
    plan.withholds === undefined ? undefined : await startIpfsServer({ directory: join(directory, "withheld") });
  if (elsewhere) stack.defer(() => elsewhere.close());
  const settingOf = async (account: Wallet, relayer: number): Promise<RelayerSetting> => {
    const rpc = async (name: Edge, { deployment, gate }: Served): Promise<string> => {
      const { next } = faultsOf(name, relayer);
      const proxy = await startHttpProxy({
        target: deployment.rpcUrl,
        next,
        around: async (call, forward) => {
          const sends = isSend(call);
          if (sends) options.onSend(relayer, "before-send");
          const answer = await gate.shared(forward);
          if (sends) options.onSend(relayer, "after-send");
          return answer;
        },
        errorFor: overloaded,
        nodeErrorFor: nodeError,
        stale: async (call, amount) => staleCall(call, await headOf(deployment), amount),
        distort: distortRpc,
      });
      return stack.use(proxy).url;
    };
    const chainConfig = async (name: "chainA" | "chainB") => {
      const { deployment } = chains[name];
      const rpcUrl = await rpc(name, chains[name]);
      const fallbackRpcUrls = plan.nodes === 2 ? [await rpc(`${name}-second`, chains[name])] : [];
      return {
        deployment: { ...deployment, chainId: String(deployment.chainId), rpcUrl },
        fallbackRpcUrls,
        confirmations: plan.hasty && name === "chainB" ? 0 : plan.confirmations[name],
        rpcTimeoutMs: 2_000,
        pollIntervalMs: 100,
        receiptTimeoutMs: 5_000,
        submit: { replaceAfterMs: 3_000 },
      };
    };
    const lies = elsewhere && relayer === plan.withholds;
    const withholding = lies ? await startWithholdingStore(ipfs.url, elsewhere.url) : undefined;
    if (withholding) stack.defer(() => withholding.close());
    const target = withholding?.url ?? ipfs.url;
    const badIpfs = stack.use(await startHttpProxy({ target, next: faultsOf("ipfs", relayer).next }));
    const database = shared ?? (databaseUrl === undefined ? undefined : await newDatabase(databaseUrl));
    const peers = ports.filter((_, other) => other !== relayer).map((port) => `http://127.0.0.1:${port}`);
    const proxied = async (url: string): Promise<string> => {
      const through = new URL(url);
      const proxy = stack.use(
        await startTcpProxy({
          host: through.hostname,
          port: Number(through.port || 5432),
          next: faultsOf("database", relayer).next,
        }),
      );
      through.hostname = "127.0.0.1";
      through.port = String(proxy.port);
      return through.href;
    };
    return {
      account: account.address,
      secrets: { accountKey: account.privateKey, sealingKey: bytesToHex(randomBytes(32)) },
      config: {
        chains: [await chainConfig("chainA"), await chainConfig("chainB")],
        ipfs: { url: badIpfs.url, timeoutMs: 2_000 },
        database: database
          ? { url: await proxied(database.url) }
          : { directory: join(directory, `relayer-${relayer + 1}`) },
        http: { host: "127.0.0.1", port: ports[relayer] },
        peers: shared ? [] : peers,
        workers: 1,
        retry: { delaySeconds: 1, maxDelaySeconds: 4, parkedSeconds: 10 },
        turnMs: 3_000,
        sweepIntervalMs: 1_000,
        reconcileIntervalMs: 5_000,
      },
    };
  };
  const relayers: RelayerSetting[] = [];
  for (const [index, account] of accounts.entries()) relayers.push(await settingOf(account, index));

  const running = stack.move();
  return {
    directory,
    chains,
    cast,
    patients,
    doctors,
    records,
    hostile,
    relayers,
    sharedDatabaseUrl: shared?.url,
    edges,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
