/** What a relayer does again and again: watch each chain, and look for what events alone would miss. */
import { chainOf, type RelayChains } from "../chains/relay-chain.ts";
import { checkpointCarrier } from "../checkpoint/carry-checkpoints.ts";
import { type Loop, startLoop } from "../concurrency/loop.ts";
import type { ChainConfig } from "../config/schema.ts";
import { answerCorrector } from "../correct/correct-answers.ts";
import { endParked, releaseHeld } from "../database/jobs.ts";
import { removeOld } from "../database/retention.ts";
import { forgetStatements } from "../database/statements.ts";
import { abandonTransactions } from "../database/transactions.ts";
import { quorumOf } from "../handle/attest.ts";
import { attestForOthers } from "../handle/attest-for-others.ts";
import { failedIn } from "../observe/failure.ts";
import { keepClients } from "../prove/keep-clients.ts";
import { checkpointReporter } from "../report/checkpoint-equivocations.ts";
import { readingOf, UPKEEP } from "../share/names.ts";
import { reconcile } from "../watch/reconcile.ts";
import { sweepExpired } from "../watch/sweep.ts";
import { startingPace } from "../watch/watch-range.ts";
import { startWatcher } from "../watch/watcher.ts";
import type { Pipeline } from "./pipeline.ts";
import { registerKey } from "./register-key.ts";
import { registerSealingKey } from "./register-sealing-key.ts";

/** How often a lane that its chain has paused is tried again. */
const HELD_RETRY_SECONDS = 30;
/** How often to look for transactions that a rollback, or another process, made pending again. */
const RESOLVE_INTERVAL_MS = 5_000;
/** After so long without a sign of life an account counts as not run any more. */
const ABANDONED_SECONDS = 900;
/** How often to look for what others wait to have attested. */
const ATTEST_INTERVAL_MS = 250;

/** One round of a loop. */
interface Round {
  readonly where: string;
  readonly everyMs: number;
  /**
   * Whether one relayer does it for all on its database: always, or unless a chain wants several to attest, so that each says for itself what it
   * has found.
   */
  readonly once?: "always" | "unless-attested";
  /** Called when it has become another's to do. */
  left?(): void;
  /** Resolves to true to be run again without a pause. */
  run(): Promise<unknown>;
}

/** Starts all loops of a relayer. While `takesWork` says no, they go round and do nothing. */
export function startLoops(pipeline: Pipeline, takesWork: () => boolean): Loop[] {
  const { config } = pipeline;
  const watchers = config.chains.map((chainConfig) => startChainWatcher(pipeline, chainConfig, takesWork));
  const repeated = roundsOf(pipeline).map((round) => startRound(pipeline, round, takesWork));
  return [...watchers, ...repeated];
}

/** How often it is looked whether what one relayer does for all has become this one's to do. */
const LOOK_MS = 1_000;

function startRound({ chains, leases, observe }: Pipeline, round: Round, takesWork: () => boolean): Loop {
  const { where, everyMs, once, left, run } = round;
  if (once === undefined) {
    return startLoop(async () => takesWork() && (await run()) === true, everyMs, failedIn(where, observe));
  }
  const isOurs = async (): Promise<boolean> =>
    leases().held(UPKEEP) !== undefined || (once === "unless-attested" && (await wantsSeveral(chains)));
  let due = Number.NEGATIVE_INFINITY;
  let was = false;
  const turn = async (): Promise<boolean> => {
    if (!takesWork()) return false;
    const is = await isOurs();
    if (was && !is) left?.();
    if (is && !was) due = Number.NEGATIVE_INFINITY;
    was = is;
    if (!is || performance.now() < due) return false;
    due = performance.now() + everyMs;
    const isMore = (await run()) === true;
    if (isMore) due = Number.NEGATIVE_INFINITY;
    return isMore;
  };
  return startLoop(turn, Math.min(everyMs, LOOK_MS), failedIn(where, observe));
}

/** Whether a chain has several relayers attest. */
async function wantsSeveral(chains: RelayChains): Promise<boolean> {
  const quorums = await Promise.all([...chains.values()].map((chain) => quorumOf(chain).catch(() => undefined)));
  return quorums.some((quorum) => quorum !== undefined && quorum.threshold > 1);
}

function startChainWatcher(pipeline: Pipeline, chainConfig: ChainConfig, takesWork: () => boolean): Loop {
  const { chains, config, database, queue, observe, resolve, leases, waits } = pipeline;
  const reading = readingOf(chainConfig.deployment.chainId);
  const here = chainOf(chains, chainConfig.deployment.chainId);
  const { chain, endpoints } = here;
  const context = {
    chain,
    config: chainConfig,
    database,
    endpoints,
    enqueue: queue.enqueue,
    waits,
    observe,
    pace: startingPace(chainConfig),
    maxPending: config.maxPending,
    still: { block: -1, at: Number.NEGATIVE_INFINITY },
    reads: () => leases().held(reading),
    rolledBack: async () => {
      resolve(here);
      queue.look();
    },
  };
  return startWatcher(context, {
    takesWork,
    leave: () => leases().leave(reading),
    seize: () => leases().seize(reading),
  });
}

function roundsOf(pipeline: Pipeline): Round[] {
  const { chains, config, context, database, queue, observe, resolve, isResolving, store, sealing, waits } = pipeline;
  const { enqueue, look } = queue;
  const { everyBlocks, intervalMs } = config.checkpoints;
  const { retention } = config;
  const { parkedSeconds } = config.retry;
  const attested = new Set<string>();
  const sweep = async (): Promise<void> => {
    await releaseHeld(database, HELD_RETRY_SECONDS);
    await abandonTransactions(database, ABANDONED_SECONDS);
    await endParked(database);
    await sweepExpired({ chains, database, enqueue, waits, observe, parkedSeconds });
  };
  const resolveAll = async (): Promise<void> => {
    if (isResolving()) return;
    for (const chain of chains.values()) resolve(chain);
  };
  const retain = async (): Promise<boolean> => {
    const isMore = await removeOld(database, retention.doneSeconds);
    if (!isMore) await forgetStatements(database);
    return isMore;
  };
  const { account, blsKey, peers, prover } = context;
  const correctAnswers = answerCorrector({ chains, database, peers, account, blsKey, prover, enqueue, observe });
  const reportCheckpoints = checkpointReporter({ chains, database, account, enqueue, observe });
  const carryCheckpoints = checkpointCarrier({ chains, database, peers, account, blsKey, observe, everyBlocks });
  const registering: Round[] = blsKey
    ? [
        {
          where: "register-key",
          everyMs: config.reconcileIntervalMs,
          run: () => registerKey(chains, account, blsKey, observe),
        },
      ]
    : [];
  const { publicKey } = sealing;
  return [
    ...registering,
    {
      where: "register-sealing-key",
      everyMs: config.reconcileIntervalMs,
      run: () => registerSealingKey({ chains, store, account, publicKey, observe }),
    },
    { where: "sweep", everyMs: config.sweepIntervalMs, once: "always", run: sweep },
    {
      where: "reconcile",
      everyMs: config.reconcileIntervalMs,
      once: "always",
      run: () => reconcile({ chains, database, enqueue, waits, observe, look, parkedSeconds }),
    },
    {
      where: "light-client",
      everyMs: config.reconcileIntervalMs,
      run: () => keepClients(chains, observe, everyBlocks),
    },
    { where: "checkpoint", everyMs: intervalMs, once: "unless-attested", run: carryCheckpoints },
    { where: "attest", everyMs: ATTEST_INTERVAL_MS, run: () => attestForOthers(context, attested) },
    { where: "retention", everyMs: retention.intervalMs, once: "always", run: retain },
    {
      where: "correct",
      everyMs: config.reconcileIntervalMs,
      once: "unless-attested",
      left: () => {
        for (const chainId of chains.keys()) observe({ type: "answers-compared", chainId, wrong: 0 });
      },
      run: correctAnswers,
    },
    { where: "equivocation", everyMs: config.reconcileIntervalMs, once: "always", run: reportCheckpoints },
    { where: "submit", everyMs: RESOLVE_INTERVAL_MS, run: resolveAll },
  ];
}
