import { administer } from "../administer/administration.ts";
import type { RelayerConfig, RelayerSecrets } from "../config/schema.ts";
import type { JobSubject } from "../database/jobs.ts";
import { openDatabase } from "../database/open.ts";
import { startHttp } from "../http/server.ts";
import { readKeys } from "../keys/read-keys.ts";
import { createHealth } from "../observe/health.ts";
import { createMetrics } from "../observe/metrics.ts";
import { combineObservers, type Observer } from "../observe/observer.ts";
import { crashReporter } from "../queue/report-crash.ts";
import { connectChains, connectStore } from "./connect.ts";
import { startLoops } from "./loops.ts";
import { openPipeline, type Pipeline } from "./pipeline.ts";
import { startTakingWork, type TakingWork } from "./take-work.ts";
import { createWaiting } from "./wait-for.ts";

/** A relayer that runs. */
export interface Relayer {
  /** Of `/healthz`, `/readyz`, `/metrics` and `/v1/…`. */
  readonly url: string;
  /** Makes a parked job pending again; false when it is not parked. */
  retry(subject: JobSubject): Promise<boolean>;
  /** For `guardProcess` of @medexchain/core/process-guard: says and stores at which job an error arose that nobody handled. */
  crashed(error: unknown): Promise<void>;
  /** Stops watching, lets running jobs finish but those that only wait for IPFS, and releases everything. */
  close(): Promise<void>;
}

/**
 * Starts a relayer: watch -> event table -> jobs -> handlers -> submitter (docs/design.md §7). Resolves when it relays. While its
 * database, IPFS or a chain does not answer, it waits for them, and says so to the observers and, once it has its database, over HTTP.
 *
 * @param config from `parseRelayerConfig`
 * @param observers are told everything that happens, for logs and the like
 * @param signal ends the waiting
 * @throws CHAIN_MISMATCH, CONFIG_INVALID, DATABASE_INVALID, STORAGE_FAILED; the signal's reason
 */
export async function startRelayer(
  config: RelayerConfig,
  secrets: RelayerSecrets,
  observers: readonly Observer[] = [],
  signal?: AbortSignal,
): Promise<Relayer> {
  const keys = readKeys(secrets);
  // Released in reverse order, on close and when a later step of the start fails.
  await using resources = new AsyncDisposableStack();
  const waiting = createWaiting(combineObservers(observers), signal);

  const opened = await waiting.until("database", () => openDatabase(config.database));
  const database = resources.adopt(opened, (open) => open.close());
  const health = createHealth(
    config.chains.map(({ deployment, maxHeadStillMs }) => ({ chainId: deployment.chainId, maxHeadStillMs })),
    config.health,
    database,
  );
  const metrics = createMetrics(database, health.chains, health.clients);
  const observe = combineObservers([metrics.observe, health.observe, ...observers]);
  resources.defer(() => observe({ type: "stopped" }));

  // Whoever asks meanwhile learns what is waited for.
  let pipeline: Pipeline | undefined;
  let work: TakingWork | undefined;
  const http = await startHttp({
    config: config.http,
    database,
    account: keys.account.address,
    registry: metrics.registry,
    checkHealth: health.check,
    waitsFor: waiting.reasons,
    storageFailure: () => work?.failure(),
    administration: administer(database, async () => pipeline?.queue.look()),
    adminToken: secrets.adminToken,
  });
  resources.defer(() => http.close());
  observe({ type: "listening", url: http.url });

  const store = await waiting.until("ipfs", () => connectStore(config.ipfs));
  const connected = await connectChains(config.chains, waiting, resources);
  pipeline = await openPipeline({ config, keys, store, connected, database, observe, waiting }, resources);
  work = await startTakingWork(pipeline);
  const { giveUpReading } = pipeline;
  const sharing = pipeline.share(work.takesWork);
  const loops = [work, ...(sharing ? [sharing] : []), ...startLoops(pipeline, work.takesWork)];
  resources.defer(async () => {
    giveUpReading(); // loops wait for it as well
    await Promise.all(loops.map((loop) => loop.stop()));
  });
  observe({ type: "started", url: http.url });

  const running = resources.move();
  let closing: Promise<void> | undefined;
  return {
    url: http.url,
    retry: pipeline.queue.retry,
    crashed: crashReporter(database, pipeline.run, observe),
    close: () => {
      closing ??= running.disposeAsync();
      return closing;
    },
  };
}
