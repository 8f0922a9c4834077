import { administer } from "../administer/administration.ts";
import type { RelayerConfig, RelayerSecrets } from "../config/schema.ts";
import type { JobSubject } from "../database/jobs.ts";
import { openDatabase } from "../database/open.ts";
import { startHttp } from "../http/server.ts";
import { readKeys } from "../keys/read-keys.ts";
import { createHealth } from "../observe/health.ts";
import { createMetrics } from "../observe/metrics.ts";
import { combineObservers, type Observer } from "../observe/observer.ts";
import { connectChains, connectStore } from "./connect.ts";
import { startLoops } from "./loops.ts";
import { openPipeline } from "./pipeline.ts";
import { startTakingWork } from "./take-work.ts";

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

  const store = await connectStore(config.ipfs);
  const connected = await connectChains(config.chains, resources);
  const database = resources.adopt(await openDatabase(config.database), (opened) => opened.close());

  const health = createHealth(
    config.chains.map(({ deployment, maxHeadStillMs }) => ({ chainId: deployment.chainId, maxHeadStillMs })),
    config.health,
    database,
  );
  const metrics = createMetrics(database, health.chains);
  const observe = combineObservers([metrics.observe, health.observe, ...observers]);
  resources.defer(() => observe({ type: "stopped" }));

  const pipeline = await openPipeline({ config, keys, store, connected, database, observe }, resources);
  const work = await startTakingWork(pipeline);
  const loops = startLoops(pipeline, work.takesWork);
  resources.defer(async () => {
    await Promise.all([work, ...loops].map((loop) => loop.stop()));
  });
  const { queue } = pipeline;
  const http = await startHttp({
    config: config.http,
    database,
    registry: metrics.registry,
    checkHealth: health.check,
    storageFailure: work.failure,
    administration: administer(database, queue.rebuild),
    adminToken: secrets.adminToken,
  });
  resources.defer(() => http.close());
  observe({ type: "started", url: http.url });

  const running = resources.move();
  let closing: Promise<void> | undefined;
  return {
    url: http.url,
    retry: queue.retry,
    close: () => {
      closing ??= running.disposeAsync();
      return closing;
    },
  };
}
