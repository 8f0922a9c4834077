/** What a relayer does again and again: watch each chain, and look for what events alone would miss. */
import { chainOf } from "../chains/relay-chain.ts";
import { checkpointCarrier } from "../checkpoint/carry-checkpoints.ts";
import { type Loop, startLoop } from "../concurrency/loop.ts";
import type { ChainConfig } from "../config/schema.ts";
import { answerCorrector } from "../correct/correct-answers.ts";
import { endParked, releaseHeld } from "../database/jobs.ts";
import { removeOld } from "../database/retention.ts";
import { forgetStatements } from "../database/statements.ts";
import { abandonTransactions } from "../database/transactions.ts";
import { attestForOthers } from "../handle/attest-for-others.ts";
import { failedIn } from "../observe/failure.ts";
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
  /** Resolves to true to be run again without a pause. */
  run(): Promise<unknown>;
}

/** Starts all loops of a relayer. While `takesWork` says no, they go round and do nothing. */
export function startLoops(pipeline: Pipeline, takesWork: () => boolean): Loop[] {
  const { config, observe } = pipeline;
  const watchers = config.chains.map((chainConfig) => startChainWatcher(pipeline, chainConfig, takesWork));
  const repeated = roundsOf(pipeline).map(({ where, everyMs, run }) => {
    const once = async () => {
      return takesWork() && (await run()) === true;
    };
    return startLoop(once, everyMs, failedIn(where, observe));
  });
  return [...watchers, ...repeated];
}

function startChainWatcher(pipeline: Pipeline, chainConfig: ChainConfig, takesWork: () => boolean): Loop {
  const { chains, config, database, queue, observe, resolve } = pipeline;
  const here = chainOf(chains, chainConfig.deployment.chainId);
  const { chain, endpoints } = here;
  const context = {
    chain,
    config: chainConfig,
    database,
    endpoints,
    enqueue: queue.enqueue,
    observe,
    pace: startingPace(chainConfig),
    maxPending: config.maxPending,
    rolledBack: async () => {
      resolve(here);
      await queue.rebuild();
    },
  };
  return startWatcher(context, takesWork);
}

function roundsOf(pipeline: Pipeline): Round[] {
  const { chains, config, context, database, queue, observe, resolve, isResolving, store, sealing } = pipeline;
  const { enqueue, rebuild } = queue;
  const { everyBlocks, intervalMs } = config.checkpoints;
  const { retention } = config;
  const { parkedSeconds } = config.retry;
  const attested = new Set<string>();
  const sweep = async (): Promise<void> => {
    await releaseHeld(database, HELD_RETRY_SECONDS);
    await abandonTransactions(database, ABANDONED_SECONDS);
    await endParked(database);
    await sweepExpired({ chains, database, enqueue, observe, parkedSeconds });
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
  const { account, blsKey, peers } = context;
  const correctAnswers = answerCorrector({ chains, database, peers, account, blsKey, observe });
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
    { where: "sweep", everyMs: config.sweepIntervalMs, run: sweep },
    {
      where: "reconcile",
      everyMs: config.reconcileIntervalMs,
      run: () => reconcile({ chains, database, enqueue, observe, rebuild, parkedSeconds }),
    },
    { where: "checkpoint", everyMs: intervalMs, run: carryCheckpoints },
    { where: "attest", everyMs: ATTEST_INTERVAL_MS, run: () => attestForOthers(context, attested) },
    { where: "retention", everyMs: retention.intervalMs, run: retain },
    { where: "correct", everyMs: config.reconcileIntervalMs, run: correctAnswers },
    { where: "submit", everyMs: RESOLVE_INTERVAL_MS, run: resolveAll },
  ];
}
