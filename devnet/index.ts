/** The whole system on one machine, in one process: two chains, IPFS, the Tangle, and relayers, over their real protocols. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Deployment, toHex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { generateSealingKeyPair } from "@medexchain/pre";
import type { Observer } from "@medexchain/relayer";
import { Wallet } from "ethers";
import { type LanePolicy, startChains } from "./chains.ts";
import { fund } from "./funding.ts";
import { type RunningServer, startIpfsServer } from "./ipfs/index.ts";
import { type DevnetRelayer, type DevnetRelayers, startRelayers } from "./relayers.ts";
import { startTangleServer } from "./tangle/index.ts";

export { developmentAccount } from "./chains.ts";
export { advanceClock } from "./clock.ts";
export { fund } from "./funding.ts";

/** Ports by which a person finds the services again; 0 lets the system choose. */
export interface DevnetPorts {
  readonly chainA: number;
  readonly chainB: number;
  readonly ipfs: number;
  readonly tangle: number;
  readonly relayer: number;
}

/** Servers that run already, each in place of the embedded one. */
export interface DevnetServers {
  /** JSON-RPC of a chain on which development account 0 has ether, or gas is free. */
  readonly chainA?: string | undefined;
  readonly chainB?: string | undefined;
  /** Kubo's RPC. */
  readonly ipfs?: string | undefined;
  /** A Stardust node's core REST v2. */
  readonly tangle?: string | undefined;
  /** `postgres://…`, of an empty database of a devnet's only relayer. */
  readonly database?: string | undefined;
}

export interface DevnetOptions {
  /** Where IPFS, the Tangle and the relayer keep their data; a temporary folder, removed on close, unless given. */
  readonly directory?: string;
  readonly ports?: DevnetPorts;
  readonly servers?: DevnetServers;
  /** Gives up starting, and stops what was started, when it aborts. */
  readonly signal?: AbortSignal;
  /** One that is honest, unless given. */
  readonly relayers?: DevnetRelayers;
  /** Allows administration of the relayers over HTTP to whoever knows it; nobody unless given. */
  readonly adminToken?: string;
  /** What makes one chain's messages believed on the other: `attested` unless given. Otherwise validators seal the chains' blocks. */
  readonly lanes?: LanePolicy;
  /** Told what the relayers do. */
  readonly observers?: readonly Observer[];
}

export interface Devnet {
  readonly chainA: Deployment;
  readonly chainB: Deployment;
  /** The registry of studies, on chain A. */
  readonly studies: string | undefined;
  /** Who seals each chain's blocks; nobody unless it is to be proven. */
  readonly validators: { readonly chainA: readonly string[]; readonly chainB: readonly string[] };
  readonly ipfsUrl: string;
  readonly tangleUrl: string;
  /** The first relayer's. */
  readonly relayerUrl: string;
  readonly relayerAccount: string;
  readonly relayers: readonly DevnetRelayer[];
  readonly directory: string;
  close(): Promise<void>;
}

/**
 * Starts everything. What was started is stopped again when a later part fails. The chains start empty each time; the relayers'
 * accounts and sealing keys are drawn anew.
 */
export async function startDevnet(options: DevnetOptions = {}): Promise<Devnet> {
  const { servers = {} } = options;
  const ports = options.ports ?? { chainA: 0, chainB: 0, ipfs: 0, tangle: 0, relayer: 0 };
  for (const port of Object.values(ports)) await requireFree(port);
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "medexchain-")));
  const stack = new AsyncDisposableStack();
  try {
    if (options.directory === undefined) stack.defer(() => rm(directory, { recursive: true, force: true }));
    const { count, threshold, withholds } = options.relayers ?? { count: 1, threshold: 1 };
    if (servers.database !== undefined && count > 1) {
      throw new MedexError(
        "CONFIG_INVALID",
        `servers.database: ${count} relayers need a database each, so leave it out`,
      );
    }
    const accounts = Array.from({ length: count }, () => new Wallet(Wallet.createRandom().privateKey));
    const [relayer = "", ...others] = accounts.map(({ address }) => address);
    const { publicKey } = await generateSealingKeyPair();

    const [a, b] = await startChains({
      relayer,
      others,
      threshold,
      sealingKey: toHex32(publicKey),
      journal: await mkdtemp(join(directory, "ignition-")),
      ports: [ports.chainA, ports.chainB],
      urls: [servers.chainA, servers.chainB],
      lanes: options.lanes ?? "attested",
    });
    stack.defer(() => a.close());
    stack.defer(() => b.close());
    options.signal?.throwIfAborted();
    const ipfsUrl = servers.ipfs ?? (await embed(stack, startIpfsServer, join(directory, "ipfs"), ports.ipfs));
    const tangleUrl =
      servers.tangle ?? (await embed(stack, startTangleServer, join(directory, "tangle"), ports.tangle));
    for (const { address } of accounts) await Promise.all([a, b].map(({ deployment }) => fund(deployment, address)));
    options.signal?.throwIfAborted();
    const { observers, signal, adminToken } = options;
    const chains = [a.deployment, b.deployment];
    const place = {
      accounts,
      chains,
      ipfsUrl,
      database: servers.database,
      directory,
      port: ports.relayer,
      withholds,
      adminToken,
      observers,
      signal,
    };
    const relayers = await startRelayers(place, stack);
    const [first] = relayers;
    if (first === undefined) throw new RangeError("a development network has at least one relayer");

    const running = stack.move();
    return {
      chainA: a.deployment,
      chainB: b.deployment,
      studies: a.studies,
      ipfsUrl,
      tangleUrl,
      validators: { chainA: a.validators.map(addressOf), chainB: b.validators.map(addressOf) },
      relayerUrl: first.url,
      relayerAccount: first.account,
      relayers,
      directory,
      close: () => running.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Starts a server that ends with `stack`, and gives its URL. */
async function embed(
  stack: AsyncDisposableStack,
  start: (options: { readonly directory: string; readonly port: number }) => Promise<RunningServer>,
  directory: string,
  port: number,
): Promise<string> {
  return stack.adopt(await start({ directory, port }), (server) => server.close()).url;
}

const addressOf = ({ address }: { readonly address: string }): string => address;

/** Refuses a port that another program has, before anything is started: the servers' own errors come late, and one not at all. */
async function requireFree(port: number): Promise<void> {
  const probe = createServer();
  try {
    await once(probe.listen(port, "127.0.0.1"), "listening");
  } catch (cause) {
    throw new MedexError(
      "CONFIG_INVALID",
      `port ${port} on 127.0.0.1 is in use; stop what is listening there (another devnet?)`,
      {
        cause,
      },
    );
  }
  await new Promise((resolve) => probe.close(resolve));
}
