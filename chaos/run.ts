/** One run: everything is started, goes wrong by the plan, is left to settle, and is checked. */
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { requestStateOf } from "@medexchain/chain";
import { startLoop } from "../relayer/concurrency/loop.ts";
import type { PostgresCluster } from "../tools/postgres-cluster.ts";
import { minedSteps } from "./calls.ts";
import { directChain } from "./chain-director.ts";
import { check, type Finding } from "./check.ts";
import { startPlanClock } from "./clock.ts";
import { collectEvidence, type Evidence } from "./evidence.ts";
import { holderOf } from "./lease-holders.ts";
import { type People, type SignedByDoctor, startPeople } from "./people.ts";
import { type Edge, type FaultPlan, lifetimeOf } from "./plan.ts";
import { breakStart, directDatabase } from "./postgres.ts";
import { randomFrom } from "./random.ts";
import { exampleDocument } from "./record.ts";
import { startRelayerChild } from "./relayer-child.ts";
import { type Stage, startStage } from "./stage.ts";

export interface RunOptions {
  readonly plan: FaultPlan;
  /** URL of a PostgreSQL server; embedded databases unless given. */
  readonly databaseUrl?: string | undefined;
  /** The server of that URL, where it is the run's own and may be killed. */
  readonly cluster?: PostgresCluster | undefined;
  /** Told now and then how far it is. */
  readonly report?: (line: string) => void;
}

export interface RunResult {
  readonly findings: readonly Finding[];
  readonly evidence: Evidence;
  /** What happened, by name. */
  readonly counts: Readonly<Record<string, number>>;
  /** Where the relayers' logs and databases are; removed when nothing was found. */
  readonly directory: string;
}

/** Most records that are opened at the end; of more requests, so many are drawn. */
const MOST_OPENED = 200;
/**
 * When nothing has moved for so long after the faults, while every relayer has asked its chains so many times, nothing will: far more
 * than any back-off or check of the relayers takes. By the asking, a busy machine does not make a relayer look stuck.
 */
const STALLED_MS = 60_000;
const STALLED_CALLS = 600;
/** But a relayer that asks for nothing at all is not waited for longer than this. */
const DEAD_MS = 300_000;
/** How long blocks leave alone what a killed relayer had sent, unless it sends something else: its next run must look for it. */
const HELD_MS = 12_000;
const RESPONSE_WINDOW_SECONDS = 3_600;

export async function run(options: RunOptions): Promise<RunResult> {
  const { plan, databaseUrl } = options;
  const report = (line: string) =>
    options.report?.(`${(Math.max(0, elapsed()) / 1000).toFixed(1).padStart(7)} s ${line}`);
  const due = [...plan.kills];
  let heldUntil = Number.NEGATIVE_INFINITY;
  await using stack = new AsyncDisposableStack();
  let up: readonly boolean[] = [];
  const clock = stack.use(startPlanClock(() => up.length > 0 && up.every((is) => is)));
  const { elapsed } = clock;

  const children: Awaited<ReturnType<typeof startRelayerChild>>[] = [];
  const kill = (relayer: number, moments: readonly string[]) => {
    const index = due.findIndex(
      (planned) => planned.relayer === relayer && planned.at <= elapsed() && moments.includes(planned.moment),
    );
    if (index < 0) return;
    const [planned] = due.splice(index, 1);
    if (planned?.moment === "in-pool") heldUntil = elapsed() + HELD_MS;
    children[relayer]?.kill(planned?.down ?? 0);
  };
  const onSend = (relayer: number, moment: "before-send" | "after-send") => {
    // Whatever is sent after the one that was held: now both may be mined.
    if (moment === "after-send") heldUntil = Math.min(heldUntil, elapsed());
    kill(relayer, moment === "after-send" ? ["after-send", "in-pool"] : [moment]);
  };
  const stage = stack.use(await startStage({ plan, elapsed, databaseUrl, onSend }));
  report(`${stage.records.length} records published; it begins`);
  const relayerAccounts = stage.relayers.map(({ account }) => account);
  const direct = (name: "chainA" | "chainB") =>
    directChain({
      name,
      ...stage.chains[name],
      plan,
      relayers: relayerAccounts,
      elapsed,
      held: () => elapsed() < heldUntil,
    });
  const directors = [stack.use(await direct("chainA")), stack.use(await direct("chainB"))] as const;
  let isListening = false;
  const onLog = (text: string) => {
    isListening ||= text.includes('"event":"listening"');
  };
  const starting = new AbortController();
  stack.defer(() => starting.abort());
  const have = {
    connecting: () => callsOf(stage, (edge) => edge === "database").some((calls) => calls > 0),
    listening: () => isListening,
  };
  const startOutages = options.cluster && breakStart(options.cluster, plan.startOutages, have, starting.signal);
  startOutages?.catch(() => undefined); // awaited below
  for (const [index, { config, secrets }] of stage.relayers.entries()) {
    const name = `relayer-process-${index + 1}`;
    const { directory } = stage;
    children.push(stack.use(await startRelayerChild({ directory, name, config, secrets, onLog })));
  }
  const killing = setInterval(() => {
    for (const relayer of children.keys()) kill(relayer, ["at-once"]);
  }, 50);
  stack.defer(() => clearInterval(killing));
  const holders = killHolders(stage, plan, children, elapsed);
  stack.defer(() => holders.stop());
  // A process that has started is up when it has asked for something: one that waits for IPFS asks no chain.
  const callsAtStart = children.map(() => 0);
  const startsSeen = children.map(() => 0);
  const looking = setInterval(() => {
    const calls = callsOf(stage, () => true);
    up = children.map(({ counts, pid }, index) => {
      if (counts.starts !== startsSeen[index]) {
        startsSeen[index] = counts.starts;
        callsAtStart[index] = calls[index] ?? 0;
      }
      return pid === undefined || (calls[index] ?? 0) > (callsAtStart[index] ?? 0);
    });
  }, 20);
  stack.defer(() => clearInterval(looking));
  const people = startPeople(stage, plan, clock);
  stack.defer(() => people.stop());

  const failed = Promise.race(directors.map((director) => director.failed));
  const { cluster } = options;
  const outages = cluster && startOutages?.then(() => directDatabase(cluster, plan.databaseOutages, clock));
  outages?.catch(() => undefined); // awaited below
  const whole = async () => {
    await Promise.all([people.filed, clock.until(plan.duration), outages]);
    report("all requests are filed; the faults are over");
    for (const director of directors) await director.jump(lifetimeOf("ignore") + 60);
    await settle(stage, people, (seconds) => directors[1].jump(seconds));
  };
  await Promise.race([whole(), failed]).catch((error: unknown) => {
    report(`broken off: ${error instanceof Error ? error.message : String(error)}`); // before what is still under way fails, too
    throw error;
  });
  report("nothing is open, or nothing moves; checking");

  await people.stop();
  // The last blocks must be as final as all others.
  await sleep(plan.blockInterval * 5);
  const sample = randomFrom(`medexchain/chaos/${plan.seed}/sample`);
  const share = MOST_OPENED / Math.max(1, people.signed.length);
  const { chainA, chainB } = stage.cast;
  const accounts = new Set(relayerAccounts);
  const mined = [await minedSteps(chainA, chainB, accounts), await minedSteps(chainB, chainB, accounts)] as const;
  const evidence = await collectEvidence({
    chainA,
    chainB,
    steps: mined.flatMap(({ steps }) => steps),
    signed: people.signed,
    crashes: children.flatMap(({ reasons }) => [...reasons.keys()]),
    document: exampleDocument(),
    opens: () => sample.chance(share),
  });
  const findings = check(evidence);
  const result = { findings, evidence, directory: stage.directory };
  const counts = {
    ...(cluster && { databaseOutages: plan.startOutages.length + plan.databaseOutages.length }),
    hostileApprovals: people.harmed(),
    starts: children.reduce((sum, child) => sum + child.counts.starts, 0),
    ...holders.counts(),
    kills: children.reduce((sum, child) => sum + child.counts.kills, 0),
    crashes: children.reduce((sum, child) => sum + child.counts.crashes, 0),
    blocks: directors[0].counts.blocks + directors[1].counts.blocks,
    reorganisations: directors[0].counts.reorganisations + directors[1].counts.reorganisations,
    replacedTransactions: directors[0].counts.replacedTransactions + directors[1].counts.replacedTransactions,
    forgottenTransactions: directors[0].counts.forgotten + directors[1].counts.forgotten,
    calls: stage.edges.reduce((sum, { faults }) => sum + faults.counts.calls, 0),
    ...hitsOf(stage),
    relayerTransactions: mined[0].transactions + mined[1].transactions,
    revertedTransactions: mined[0].reverted + mined[1].reverted,
    ...sumOf(
      children.map(({ reasons }) => [...reasons].map(([reason, count]) => [`ended by ${reason}`, count] as const)),
    ),
    ...Object.fromEntries([...people.troubles].map(([code, count]) => [`people met ${code}`, count])),
  };
  await stack.disposeAsync();
  if (findings.length === 0) await rm(stage.directory, { recursive: true, force: true });
  return { ...result, counts };
}

/**
 * Waits until every request has ended on both chains, or nothing moves any more. What never got across ends after the response window
 * only, which is waited out when nothing else is left.
 */
async function settle(
  stage: Stage,
  people: People,
  passOnRequesterChain: (seconds: number) => Promise<void>,
): Promise<void> {
  const { chainA, chainB } = stage.cast;
  let moved = performance.now();
  let callsThen = callsOf(stage);
  let before = "";
  const noteMove = () => {
    moved = performance.now();
    callsThen = callsOf(stage);
  };
  let windowPassed = false;
  for (;;) {
    const open: SignedByDoctor[] = [];
    const states: string[] = [];
    for (const signed of people.signed) {
      const { requestId } = signed;
      const requester = requestStateOf((await chainB.requests.status(requestId)).state);
      const owner = requestStateOf((await chainA.grants.grant(requestId)).state);
      states.push(`${owner} ${requester}`);
      if (requester === "Pending") open.push(signed);
    }
    if (open.length === 0) return;
    const now = states.join();
    if (now !== before) noteMove();
    before = now;
    const lapsed = open.filter(({ planned }) => lifetimeOf(planned.intent) === lifetimeOf("ignore"));
    const onTheWay = states.filter((state) => state.endsWith(" Pending") && state !== "None Pending").length;
    if (!windowPassed && onTheWay === 0 && lapsed.length === open.length) {
      windowPassed = true;
      await passOnRequesterChain(RESPONSE_WINDOW_SECONDS);
      noteMove();
    }
    const still = performance.now() - moved;
    const asked = callsOf(stage).every((calls, relayer) => calls - (callsThen[relayer] ?? 0) >= STALLED_CALLS);
    if ((still > STALLED_MS && asked) || still > DEAD_MS) return;
    await sleep(500);
  }
}

/** Holders are met for so long after the other faults, when relayers that are up again do what was left. */
const HOLDERS_AFTER_MS = 20_000;
const HOLDER_LOOK_MS = 100;

/** What a run counts where it killed somebody who held a lease. */
export const killedWith = (lease: string): string => `killed while it held a lease of kind ${lease}`;

/** Kills whoever holds what the plan names, as soon as somebody does after the time that it names. */
function killHolders(
  { sharedDatabaseUrl, relayers }: Stage,
  { holderKills, duration }: FaultPlan,
  children: readonly { kill(down: number): void; readonly pid: number | undefined }[],
  elapsed: () => number,
): { counts(): Record<string, number>; stop(): Promise<void> } {
  const due = [...holderKills];
  const killed: Record<string, number> = {};
  const counts = () => ({
    ...killed,
    ...Object.fromEntries(
      due.map(({ lease }) => [`not killed, as nobody was met who held a lease of kind ${lease}`, 1]),
    ),
  });
  const url = sharedDatabaseUrl;
  if (url === undefined) return { counts, stop: async () => undefined };
  const look = async (): Promise<boolean> => {
    const now = elapsed();
    if (now > duration + HOLDERS_AFTER_MS) return false;
    // What nobody holds now, as a job is held for moments only, keeps none of the others waiting.
    for (const next of due.filter(({ at }) => at <= now)) {
      const account = await holderOf(url, next.lease);
      const child = children[relayers.findIndex((relayer) => relayer.account === account)];
      if (child?.pid === undefined) continue; // nobody, or who does is down already
      child.kill(next.down);
      due.splice(due.indexOf(next), 1);
      const name = killedWith(next.lease);
      killed[name] = (killed[name] ?? 0) + 1;
      return false;
    }
    return false;
  };
  return { counts, stop: startLoop(look, HOLDER_LOOK_MS, () => undefined).stop };
}

/** How often each relayer has asked its services; its chains, unless told which. */
const callsOf = ({ edges, relayers }: Stage, counts = (edge: Edge) => edge.startsWith("chain")): number[] =>
  relayers.map((_setting, index) =>
    edges.reduce(
      (sum, { edge, relayer, faults }) => sum + (relayer === index && counts(edge) ? faults.counts.calls : 0),
      0,
    ),
  );

const hitsOf = ({ edges }: Stage): Record<string, number> =>
  sumOf(
    edges.map(({ faults }) =>
      [...faults.counts.hit].map(([fault, count]) => [`calls hit by ${fault}`, count] as const),
    ),
  );

/** Counts by name, added up. */
function sumOf(lists: readonly (readonly (readonly [name: string, count: number])[])[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, count] of lists.flat()) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}
