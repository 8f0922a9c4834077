/** Everything between an event and its transaction, put together: queue, handlers and submitters. Nothing moves yet. */
import { randomUUID } from "node:crypto";
import type { ContractRefusal, Hex32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { ContentStore } from "@medexchain/ipfs";
import { type RelayerKeyPair, relayerKeyPairOf } from "@medexchain/pre";
import { chainOf, type RelayChain, type RelayChains } from "../chains/relay-chain.ts";
import { coalesce } from "../concurrency/coalesce.ts";
import { createContentCache } from "../concurrency/content-cache.ts";
import type { Loop } from "../concurrency/loop.ts";
import type { RelayerConfig } from "../config/schema.ts";
import type { Database } from "../database/database.ts";
import { type EventName, readPayloads } from "../database/events.ts";
import { markEnded, type RequestSide } from "../database/requests.ts";
import type { HandlerContext } from "../handle/context.ts";
import { createHandlers } from "../handle/handlers.ts";
import type { RelayerKeys } from "../keys/read-keys.ts";
import { failedIn } from "../observe/failure.ts";
import type { Observer } from "../observe/observer.ts";
import { createPeers } from "../peers/peers.ts";
import { createProver } from "../prove/prover.ts";
import { type Attempts, attemptWith } from "../queue/attempt.ts";
import { createQueue, type Queue } from "../queue/queue.ts";
import { startReEncryptor } from "../re-encrypt/pool.ts";
import { confirmRefusal } from "../rpc/confirm-refusal.ts";
import { type Leases, startLeases, undivided } from "../share/leases.ts";
import { sharedNames } from "../share/names.ts";
import { createSubmitter } from "../submit/submitter.ts";
import { turnsOf, type Waits } from "../turns/turns.ts";
import type { ConnectedChain } from "./connect.ts";
import { reportStanding } from "./standing.ts";
import type { Waiting } from "./wait-for.ts";

/** Payloads that are read close together are read at once. */
const READ_DELAY_MS = 2;
/** Capsules that are kept: a burst of requests is often for few records. */
const CAPSULES = 64;

/** What a pipeline is made of. */
export interface PipelineParts {
  readonly config: RelayerConfig;
  readonly keys: RelayerKeys;
  readonly store: ContentStore;
  readonly connected: ReadonlyMap<bigint, ConnectedChain>;
  readonly database: Database;
  readonly observe: Observer;
  readonly waiting: Waiting;
}

export interface Pipeline extends Omit<PipelineParts, "connected" | "waiting"> {
  readonly chains: RelayChains;
  readonly queue: Queue;
  readonly context: HandlerContext;
  /** The key pair to which firewalls seal this relayer's shares. */
  readonly sealing: RelayerKeyPair;
  /** Does what is due. */
  readonly attempts: Attempts;
  /** Names this run among all that use the database. */
  readonly run: string;
  /** How long steps are left to relayers with other databases. */
  readonly waits: Waits;
  /** What this relayer does alone of those on its database. */
  leases(): Leases;
  /** Takes part in sharing out the work of a database that others use as well, until it is stopped. */
  share(takesWork: () => boolean): Loop | undefined;
  /** Finds out what became of a chain's pending transactions. In the background: waiting for receipts must not hold up anything else. */
  resolve(chain: RelayChain): void;
  /** Whether that is still under way on any chain. */
  isResolving(): boolean;
  /** Gives up what waits for IPFS, as the relayer closes. */
  giveUpReading(): void;
}

/** Puts a pipeline together, which is released with `resources`. */
export async function openPipeline(parts: PipelineParts, resources: AsyncDisposableStack): Promise<Pipeline> {
  const { config, keys, database, observe } = parts;
  const stopping = new AbortController();
  const closing = new AbortController();
  const giveUpReading = () =>
    closing.abort(
      new MedexError("SERVICE_UNREACHABLE", "the relayer closes while it waits for IPFS; the next start goes on"),
    );
  const chains = withSubmitters(parts, stopping.signal);
  const sealing = await relayerKeyPairOf(keys.sealingSeed);
  const reEncryptor = resources.adopt(startReEncryptor(config.workers, sealing), (pool) => pool.close());
  const by = { run: randomUUID(), crashLimit: config.retry.crashLimit };
  const chainIds = [...chains.keys()];
  let leases = undivided();
  const queue = createQueue(database, observe, chainIds);
  const resolving = new Set<Promise<void>>();
  resources.defer(async () => {
    giveUpReading();
    await queue.stop(() => stopping.abort());
    await Promise.all(resolving);
  });
  await reportStanding(chains, keys, observe);

  const context: HandlerContext = {
    chains,
    database,
    peers: createPeers(config.peers, observe),
    store: parts.store,
    reEncryptor,
    prover: createProver(observe, config.checkpoints.everyBlocks),
    capsules: createContentCache(CAPSULES),
    imports: new Map(),
    account: keys.account,
    blsKey: config.attestation === "bls" ? keys.bls : undefined,
    observe,
    closing: closing.signal,
    readPayload: coalesce((names: readonly EventName[]) => readPayloads(database, names), READ_DELAY_MS),
    markEnded: marksOf(database),
    retry: queue.retry,
  };
  const handlers = createHandlers(context);
  const failedToStore = failedIn("queue", observe);
  const headOf = (chainId: bigint) =>
    Promise.resolve(chains.get(chainId)?.chain.provider.getBlockNumber()).catch(() => undefined);
  const confirm = (refusal: ContractRefusal) => confirmRefusal(chainOf(chains, refusal.chainId), refusal);
  const { concurrency, retry } = config;
  const attempts = attemptWith({ handlers, database, observe, headOf, confirm, failedToStore, by, concurrency, retry });
  return {
    ...parts,
    chains,
    queue,
    context,
    sealing,
    attempts,
    run: by.run,
    waits: turnsOf({ chains, database, account: keys.account.address, turnMs: config.turnMs }),
    leases: () => leases,
    share: (takesWork) => {
      if (database.exclusive) return undefined;
      const holder = { run: by.run, account: keys.account.address };
      const names = sharedNames(chainIds);
      const started = startLeases({ database, holder, names, observe, takesWork, changed: queue.takeLanes });
      leases = started;
      return started;
    },
    resolve: ({ submitter }) => {
      const task = submitter.resolvePending().catch(failedIn("submit", observe));
      resolving.add(task);
      void task.finally(() => resolving.delete(task));
    },
    isResolving: () => resolving.size > 0,
    giveUpReading,
  };
}

function withSubmitters({ connected, database, observe, keys }: PipelineParts, signal: AbortSignal): RelayChains {
  const chains = new Map<bigint, RelayChain>();
  for (const { chain, endpoints, config } of connected.values()) {
    const { receiptTimeoutMs, pollIntervalMs: lookIntervalMs, confirmations, submit } = config;
    const own = { chain, receiptTimeoutMs, lookIntervalMs, confirmations, submit };
    const submitter = createSubmitter({ database, observe, account: keys.account, signal, ...own });
    chains.set(config.deployment.chainId, { config, chain, endpoints, submitter });
  }
  return chains;
}

/** Notes the ends of requests, those that come close together in one statement. */
function marksOf(database: Database): HandlerContext["markEnded"] {
  const markSide = (side: RequestSide) =>
    coalesce(async (requestIds: readonly Hex32[]) => {
      await markEnded(database, requestIds, side);
      return requestIds.map(() => undefined);
    }, READ_DELAY_MS);
  const marks = { source: markSide("source"), destination: markSide("destination") };
  return (side, requestId) => marks[side](requestId);
}
