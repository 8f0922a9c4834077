/** The relayers of a development network: each with an account, a key and a database of its own, and the others as its peers. */
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ask, connectChain, type Deployment } from "@medexchain/chain";
import { type Observer, parseRelayerConfig, startRelayer } from "@medexchain/relayer";
import { randomBytes, type Wallet } from "ethers";
import { startIpfsServer } from "./ipfs/index.ts";
import { startWithholdingStore } from "./withholding-store.ts";

/** How many relayers there are, and what is wrong with them. */
export interface DevnetRelayers {
  readonly count: number;
  /** How many of them re-encrypt and attest. */
  readonly threshold: number;
  /** Which of them, from 1, signs that its partials are out, and publishes none. */
  readonly withholds?: number;
}

/** A relayer that runs. */
export interface DevnetRelayer {
  /** In the first chain's `RelayerSet`, from 1: by it its partials are told apart. */
  readonly index: number;
  /** Whether it signs that its partials are out, and publishes none. */
  readonly withholds: boolean;
  readonly url: string;
  readonly account: string;
}

interface Place {
  readonly accounts: readonly Wallet[];
  readonly chains: readonly Deployment[];
  readonly ipfsUrl: string;
  /** Of the only relayer; each has an embedded one where this is absent. */
  readonly database?: string | undefined;
  readonly directory: string;
  /** Of the first; the others' are chosen by the system, as that is where it is 0. */
  readonly port: number;
  readonly withholds?: number | undefined;
  readonly adminToken?: string | undefined;
  readonly observers?: readonly Observer[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Starts them, and waits until firewalls can seal to them. They are closed with `stack`. */
export async function startRelayers(place: Place, stack: AsyncDisposableStack): Promise<DevnetRelayer[]> {
  const { accounts, chains, directory, observers, signal } = place;
  // Each must know the others' addresses before they listen.
  const ports = await Promise.all(accounts.map((_, at) => (at === 0 && place.port !== 0 ? place.port : freePort())));
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const relayers: Omit<DevnetRelayer, "index">[] = [];
  for (const [at, account] of accounts.entries()) {
    const name = at === 0 ? "relayer" : `relayer-${at + 1}`;
    // The chains are new: what an earlier relayer knew of others would only mislead.
    await rm(join(directory, name), { recursive: true, force: true });
    const withholds = at + 1 === place.withholds;
    const ipfsUrl = withholds ? await withholding(place, stack) : place.ipfsUrl;
    const relayer = await startRelayer(
      parseRelayerConfig({
        chains: chains.map((deployment) => ({ deployment, pollIntervalMs: 100 })),
        ipfs: { url: ipfsUrl },
        database: place.database === undefined ? { directory: join(directory, name) } : { url: place.database },
        http: { host: "127.0.0.1", port: ports[at] },
        peers: urls.filter((_, other) => other !== at),
      }),
      { accountKey: account.privateKey, sealingKey: randomBytes(32), adminToken: place.adminToken },
      observers,
    );
    stack.defer(() => relayer.close());
    signal?.throwIfAborted();
    relayers.push({ url: relayer.url, account: account.address, withholds });
  }
  // Deployments admit relayers in an order of their own.
  const [indices] = await Promise.all(
    chains.map((deployment) =>
      untilKeysAreSet(
        deployment,
        relayers.map(({ account }) => account),
        signal,
      ),
    ),
  );
  return relayers.map((relayer, at) => ({ ...relayer, index: indices?.[at] ?? 0 }));
}

async function withholding({ ipfsUrl, directory }: Place, stack: AsyncDisposableStack): Promise<string> {
  const elsewhere = await startIpfsServer({ directory: join(directory, "withheld") });
  stack.defer(() => elsewhere.close());
  const store = await startWithholdingStore(ipfsUrl, elsewhere.url);
  stack.defer(() => store.close());
  return store.url;
}

/** Each relayer sets its key by a transaction of its own. Gives their indices, in the order of the accounts. */
async function untilKeysAreSet(
  deployment: Deployment,
  accounts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const chain = await connectChain(deployment);
  try {
    const indices = await Promise.all(
      accounts.map(async (account) => Number(await ask(chain, () => chain.relayers.indexOf(account)))),
    );
    const isSet = async (index: number) =>
      BigInt((await ask(chain, () => chain.relayers.tenure(index))).sealingKeyDigest) !== 0n;
    while (!(await Promise.all(indices.map(isSet))).every(Boolean)) {
      signal?.throwIfAborted();
      await sleep(50);
    }
    return indices;
  } finally {
    await chain.close();
  }
}

/** A port on which nothing listens now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await once(probe.listen(0, "127.0.0.1"), "listening");
  const { port } = probe.address() as AddressInfo; // a TCP server has one
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
