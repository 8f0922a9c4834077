import { encode } from "@ipld/dag-cbor";
import { type Chain, connectChain, type Hex32 } from "@medexchain/chain";
import { createContentStore } from "@medexchain/ipfs";
import type { Wallet } from "ethers";
import { administer } from "./administer/administration.ts";
import { chainOf, type RelayChain } from "./chains.ts";
import { checkpointCarrier } from "./checkpoint/carry-checkpoints.ts";
import { coalesce } from "./coalesce.ts";
import type { ChainConfig, RelayerConfig, RelayerSecrets } from "./config.ts";
import { createContentCache } from "./content-cache.ts";
import type { Database } from "./database/database.ts";
import { type EventName, readPayloads } from "./database/events.ts";
import { type JobSubject, releaseHeld } from "./database/jobs.ts";
import { openDatabase } from "./database/open.ts";
import { markEnded, type RequestSide } from "./database/requests.ts";
import { abandonTransactions } from "./database/transactions.ts";
import { failureOf } from "./failure.ts";
import { attestForOthers } from "./handle/attest-for-others.ts";
import type { HandlerContext } from "./handle/context.ts";
import { createHandlers } from "./handle/handlers.ts";
import { createHealth } from "./health.ts";
import { startHttp } from "./http.ts";
import { type Loop, startLoop } from "./loop.ts";
import { createMetrics } from "./metrics.ts";
import { combineObservers, type Observer } from "./observer.ts";
import { attemptWith } from "./queue/attempt.ts";
import { openQueue } from "./queue/queue.ts";
import { startReEncryptor } from "./re-encrypt/pool.ts";
import { createEndpoints, type Endpoints } from "./rpc/endpoints.ts";
import { readKeys } from "./secrets.ts";
import { reportStanding } from "./standing.ts";
import { startStorageGuard } from "./storage.ts";
import { createSubmitter } from "./submit/submitter.ts";
import { reconcile } from "./watch/reconcile.ts";
import { sweepExpired } from "./watch/sweep.ts";
import { startingPace } from "./watch/watch-range.ts";
import { startWatcher } from "./watch/watcher.ts";

const PROBE = encode("medexchain/v1/relayer-probe");
/** Payloads that are read close together are read at once. */
const READ_DELAY_MS = 2;
/** How often a lane that its chain has paused is tried again. */
const HELD_RETRY_SECONDS = 30;
/** How often transactions are looked for that a rollback, or another process, made pending again. */
const RESOLVE_INTERVAL_MS = 5_000;
/** After so long without a sign of life an account counts as not run any more. */
const ABANDONED_SECONDS = 900;
/** How often it is looked for what others wait to have attested. */
const ATTEST_INTERVAL_MS = 250;
/** Capsules that are kept: a burst of requests is often for few records. */
const CAPSULES = 64;

/** A relayer that runs. */
export interface Relayer {
  /** Of `/healthz`, `/readyz`, `/metrics` and `/v1/…`. */
  readonly url: string;
  /** Gives a parked job all its attempts again; false when it is not parked. */
  retry(subject: JobSubject): Promise<boolean>;
  /** Stops watching, lets running jobs finish, and releases everything. */
  close(): Promise<void>;
}

/**
 * Starts a relayer: watch -> event table -> jobs -> handlers -> submitter (docs/design.md §7).
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

  const health = createHealth([...connected.keys()], config.health, database);
  const metrics = createMetrics(database, health.headAges);
  const observe = combineObservers([metrics.observe, health.observe, ...observers]);
  resources.defer(() => observe({ type: "stopped" }));
  const failed = (where: string) => (error: unknown) => {
    const { code, message } = failureOf(error);
    observe({ type: "failed", where, code, message });
  };

  const stopping = new AbortController();
  const { signal } = stopping;
  const chains = withSubmitters(connected, { database, observe, account: keys.account, signal });
  const reEncryptor = resources.adopt(startReEncryptor(config.workers, keys.sealing), (pool) => pool.close());
  const queue = await openQueue(database, config.retry, observe);
  const resolving = new Set<Promise<void>>();
  resources.defer(async () => {
    await queue.stop(() => stopping.abort());
    await Promise.all(resolving);
  });
  const { enqueue, retry } = queue;
  /** In the background: waiting for receipts must not keep anything else waiting. */
  const resolve = ({ submitter }: RelayChain): void => {
    const task = submitter.resolvePending().catch(failed("submit"));
    resolving.add(task);
    void task.finally(() => resolving.delete(task));
  };

  await reportStanding(chains, keys, observe);
  const readPayload = coalesce((names: readonly EventName[]) => readPayloads(database, names), READ_DELAY_MS);
  const { account } = keys;
  const markSide = (side: RequestSide) =>
    coalesce(async (requestIds: readonly Hex32[]) => {
      await markEnded(database, requestIds, side);
      return requestIds.map(() => undefined);
    }, READ_DELAY_MS);
  const marks = { source: markSide("source"), destination: markSide("destination") };
  const context: HandlerContext = {
    chains,
    database,
    store,
    reEncryptor,
    capsules: createContentCache(CAPSULES),
    imports: new Map(),
    account,
    observe,
    readPayload,
    markEnded: (side, requestId) => marks[side](requestId),
    retry,
  };
  const handlers = createHandlers(context);
  const { retry: retryConfig } = config;
  const attempt = attemptWith({ handlers, database, retry: retryConfig, observe, failedToStore: failed("queue") });
  await queue.work(attempt, config.concurrency);
  for (const chain of chains.values()) resolve(chain);

  const guard = startStorageGuard({
    database,
    where: config.database,
    config: config.storage,
    account: account.address,
    changed: async (failure) => {
      if (failure) observe({ type: "failed", where: "storage", code: failure.code, message: failure.message });
      else observe({ type: "storage-recovered" });
      await (failure ? queue.pause() : queue.work(attempt, config.concurrency));
    },
  });
  const takesWork = (): boolean => guard.failure() === undefined;
  const loops: Loop[] = config.chains.map((chainConfig) => {
    const here = chainOf(chains, chainConfig.deployment.chainId);
    const { chain, endpoints } = here;
    const { maxPending } = config;
    const pace = startingPace(chainConfig);
    const rolledBack = async () => {
      resolve(here);
      await queue.rebuild();
    };
    const watching = {
      chain,
      config: chainConfig,
      database,
      endpoints,
      enqueue,
      observe,
      pace,
      maxPending,
      rolledBack,
    };
    return startWatcher(watching, takesWork);
  });
  const repeat = (where: string, everyMs: number, round: () => Promise<void>) => {
    const once = async () => {
      if (takesWork()) await round();
      return false;
    };
    loops.push(startLoop(once, everyMs, failed(where)));
  };
  repeat("sweep", config.sweepIntervalMs, async () => {
    await releaseHeld(database, HELD_RETRY_SECONDS);
    await abandonTransactions(database, ABANDONED_SECONDS);
    await sweepExpired({ chains, database, enqueue, observe });
  });
  repeat("reconcile", config.reconcileIntervalMs, () =>
    reconcile({ chains, database, enqueue, observe, rebuild: queue.rebuild }),
  );
  const { everyBlocks, intervalMs } = config.checkpoints;
  repeat(
    "checkpoint",
    intervalMs,
    checkpointCarrier({ chains, database, account: keys.account, observe, everyBlocks }),
  );
  const seen = new Set<string>();
  repeat("attest", ATTEST_INTERVAL_MS, () => attestForOthers(context, seen));
  repeat("submit", RESOLVE_INTERVAL_MS, async () => {
    if (resolving.size > 0) return;
    for (const chain of chains.values()) resolve(chain);
  });
  resources.defer(async () => {
    await Promise.all([guard, ...loops].map((loop) => loop.stop()));
  });

  const http = await startHttp({
    config: config.http,
    database,
    registry: metrics.registry,
    checkHealth: health.check,
    storageFailure: guard.failure,
    administration: administer(database, queue.rebuild),
    adminToken: secrets.adminToken,
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

interface Connected {
  readonly chain: Chain;
  readonly endpoints: Endpoints;
  readonly config: ChainConfig;
}

async function connectChains(
  configs: readonly ChainConfig[],
  resources: AsyncDisposableStack,
): Promise<Map<bigint, Connected>> {
  const connected = new Map<bigint, Connected>();
  for (const config of configs) {
    const { deployment, fallbackRpcUrls, rpcTimeoutMs } = config;
    const endpoints = createEndpoints([deployment.rpcUrl, ...fallbackRpcUrls], rpcTimeoutMs);
    const chain = resources.adopt(await connectChain(deployment, endpoints.transport), (opened) => opened.close());
    connected.set(deployment.chainId, { chain, endpoints, config });
  }
  return connected;
}

function withSubmitters(
  connected: ReadonlyMap<bigint, Connected>,
  shared: { database: Database; observe: Observer; account: Wallet; signal: AbortSignal },
): Map<bigint, RelayChain> {
  const chains = new Map<bigint, RelayChain>();
  for (const { chain, endpoints, config } of connected.values()) {
    const { receiptTimeoutMs, pollIntervalMs: lookIntervalMs, confirmations, submit } = config;
    const own = { chain, receiptTimeoutMs, lookIntervalMs, confirmations, submit };
    const submitter = createSubmitter({ ...shared, ...own });
    chains.set(config.deployment.chainId, { config, chain, endpoints, submitter });
  }
  return chains;
}
