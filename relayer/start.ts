import { encode } from "@ipld/dag-cbor";
import type { Wallet } from "ethers";
import { type Chain, connectChain } from "../offchain/chain/index.ts";
import { createContentStore } from "../offchain/ipfs/index.ts";
import { chainOf, type RelayChain } from "./chains.ts";
import type { ChainConfig, RelayerConfig, RelayerSecrets } from "./config.ts";
import type { Database } from "./database/database.ts";
import type { JobSubject } from "./database/jobs.ts";
import { openDatabase } from "./database/open.ts";
import { failureOf } from "./failure.ts";
import { createHandlers } from "./handle/handlers.ts";
import { createHealth } from "./health.ts";
import { startHttp } from "./http.ts";
import { type Loop, startLoop } from "./loop.ts";
import { createMetrics } from "./metrics.ts";
import { combineObservers, type Observer } from "./observer.ts";
import { attemptWith } from "./queue/attempt.ts";
import { openQueue } from "./queue/queue.ts";
import { startReEncryptor } from "./re-encrypt/pool.ts";
import { readKeys } from "./secrets.ts";
import { reportStanding } from "./standing.ts";
import { createSubmitter } from "./submit/submitter.ts";
import { sweepExpired } from "./watch/sweep.ts";
import { startWatcher } from "./watch/watcher.ts";

const PROBE = encode("medexchain/v1/relayer-probe");

/** A relayer that runs. */
export interface Relayer {
  /** Of `/healthz`, `/metrics` and `/v1/requests/:id`. */
  readonly url: string;
  /** Gives a parked job all its attempts again; false when it is not parked. */
  retry(subject: JobSubject): Promise<boolean>;
  /** Stops watching, lets running jobs finish, and releases everything. */
  close(): Promise<void>;
}

/**
 * Starts a relayer: watch -> event table -> jobs -> handlers -> submitter (DESIGN §7).
 *
 * @param config from `parseRelayerConfig`
 * @param observers are told everything that happens, for logs and the like
 * @throws SERVICE_UNREACHABLE naming the chain, IPFS or database that does not answer; CHAIN_MISMATCH, CONFIG_INVALID,
 *   DATABASE_INVALID
 */
export async function startRelayer(
  config: RelayerConfig,
  secrets: RelayerSecrets,
  observers: readonly Observer[] = [],
): Promise<Relayer> {
  const keys = readKeys(secrets);
  // Released in reverse order, on close and when a later step of the start fails.
  await using resources = new AsyncDisposableStack();

  const store = createContentStore({ url: config.ipfs.url, timeoutMs: config.ipfs.timeoutMs });
  // A small block that is always the same: nothing but a round trip shows that the node takes and names content.
  await store.put(PROBE);
  const connected = await connectChains(config.chains, resources);
  const database = resources.adopt(await openDatabase(config.database), (opened) => opened.close());

  const metrics = createMetrics(database);
  const health = createHealth([...connected.keys()], config.health, database);
  const observe = combineObservers([metrics.observe, health.observe, ...observers]);
  resources.defer(() => observe({ type: "stopped" }));
  const failed = (where: string) => (error: unknown) => {
    const { code, message } = failureOf(error);
    observe({ type: "failed", where, code, message });
  };

  const stopping = new AbortController();
  const chains = withSubmitters(connected, {
    database,
    observe,
    account: keys.account,
    signal: stopping.signal,
  });
  const reEncryptor = resources.adopt(startReEncryptor(config.workers, keys.sealing), (pool) => pool.close());
  const queue = await openQueue(database, config.retry, observe);
  const resolving: Promise<void>[] = [];
  resources.defer(async () => {
    await queue.stop(() => stopping.abort());
    await Promise.all(resolving);
  });
  const { enqueue, retry } = queue;

  await reportStanding(chains, keys, observe);
  const handlers = createHandlers({ chains, database, store, reEncryptor, account: keys.account, observe, retry });
  await queue.work(attemptWith(handlers, database, observe, failed("queue")), config.concurrency);
  for (const { submitter } of chains.values()) resolving.push(submitter.resolvePending().catch(failed("submit")));
  const loops: Loop[] = config.chains.map((chainConfig) => {
    const { chain } = chainOf(chains, chainConfig.deployment.chainId);
    return startWatcher({ chain, config: chainConfig, database, enqueue, observe });
  });
  const sweep = async () => {
    await sweepExpired({ chains, database, enqueue, observe });
    return false;
  };
  loops.push(startLoop(sweep, config.sweepIntervalMs, failed("sweep")));
  resources.defer(async () => {
    await Promise.all(loops.map((loop) => loop.stop()));
  });

  const http = await startHttp({
    config: config.http,
    database,
    registry: metrics.registry,
    checkHealth: health.check,
  });
  resources.defer(() => http.close());
  observe({ type: "started", url: http.url });

  const running = resources.move();
  let closing: Promise<void> | undefined;
  return {
    url: http.url,
    retry,
    close: () => {
      closing ??= running.disposeAsync();
      return closing;
    },
  };
}

async function connectChains(
  configs: readonly ChainConfig[],
  resources: AsyncDisposableStack,
): Promise<Map<bigint, { chain: Chain; config: ChainConfig }>> {
  const connected = new Map<bigint, { chain: Chain; config: ChainConfig }>();
  for (const config of configs) {
    const chain = resources.adopt(await connectChain(config.deployment), (opened) => opened.close());
    connected.set(config.deployment.chainId, { chain, config });
  }
  return connected;
}

function withSubmitters(
  connected: ReadonlyMap<bigint, { chain: Chain; config: ChainConfig }>,
  shared: { database: Database; observe: Observer; account: Wallet; signal: AbortSignal },
): Map<bigint, RelayChain> {
  const chains = new Map<bigint, RelayChain>();
  for (const { chain, config: own } of connected.values()) {
    const { receiptTimeoutMs, pollIntervalMs: lookIntervalMs, confirmations, submit } = own;
    const submitter = createSubmitter({ ...shared, chain, receiptTimeoutMs, lookIntervalMs, confirmations, submit });
    chains.set(own.deployment.chainId, { config: own, chain, submitter });
  }
  return chains;
}
