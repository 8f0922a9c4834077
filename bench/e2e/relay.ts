/** One timed run: a load is prepared, relayers are started, and it is watched until every request is answered. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Chain } from "@medexchain/chain";
import { Piscina } from "piscina";
import { z } from "zod";
import { createDatabase } from "../../chaos/postgres.ts";
import { type RelayerChild, startRelayerChild } from "../../chaos/relayer-child.ts";
import { openDatabase } from "../../relayer/database/open.ts";
import { operationsOf, PAPER_ATTRIBUTES, type Scheme, type UnitCounts } from "../schemes/paper-counts.ts";
import { type Attribution, attribute, partsOf, sumOf } from "./attribute.ts";
import { type Ceiling, measureCeiling } from "./ceiling.ts";
import { type DatabaseLoad, followDatabase } from "./database-load.ts";
import { follow, type Sightings } from "./follow.ts";
import { prepareLoad } from "./load.ts";
import { growth, sampleAt, type Usage, usageOf, usageOfFamily } from "./process-usage.ts";
import { recordingSchema, startRecording } from "./recording.ts";

const PLAIN_RELAYER = fileURLToPath(new URL("../plain-relayer.ts", import.meta.url));
const REKEY_WORKER = new URL("../schemes/rekey-worker.ts", import.meta.url).href;
const COST_HOOK = new URL("../schemes/cost-hook.ts", import.meta.url);
const RECORDED_RELAYER = fileURLToPath(new URL("./recorded-relayer.ts", import.meta.url));

/** As docs/operations.md advises for a busy relayer. */
const NODE_OPTIONS = ["--max-semi-space-size=64"];

export interface RelayOptions {
  readonly requests: number;
  readonly relayers: number;
  /** The program: the project's relayer, or the plain one. */
  readonly program: "medex" | "plain";
  /** Between blocks, ms; 0 makes a block of each transaction at once. */
  readonly blockInterval: number;
  /** URL of a PostgreSQL server that the relayers share; an embedded database each unless given. */
  readonly databaseUrl?: string | undefined;
  /** That server's first process, where its time is to be counted. */
  readonly databasePid?: number | undefined;
  /** Whether chain B takes the requests only when all relayers are ready, and time runs from then on. */
  readonly held?: boolean;
  /** Whether to measure, after the run, what its parts reach by themselves. */
  readonly ceiling?: boolean;
  /** Most steps that the relayer puts into one transaction; its own default unless given. */
  readonly batchSize?: number;
  /** Whether to profile the relayers and this process, which slows them a little. */
  readonly record?: boolean;
  /** Whose ReKeyGen, by the paper's counts, is done in one thread before each approval, and whose ReEnc in the place of the relayers' own. */
  readonly scheme?: Scheme;
  readonly report: (line: string) => void;
}

export interface RelayResult {
  readonly requests: number;
  readonly relayers: number;
  readonly program: "medex" | "plain";
  /** From the moment that the first relayer is ready to the last answer. */
  readonly seconds: number;
  readonly perSecond: number;
  /** From the moment that the first relayer is ready to each answer, ms, sorted. */
  readonly latencies: readonly number[];
  /** Where the time of an average request went, as shares of one. */
  readonly shares: Readonly<Record<"deliver-request" | "owner" | "re-encrypt" | "deliver-response", number>>;
  /** Per relayer: resident memory, MiB, when a quarter of the requests was answered, a half, three quarters and all, and at most. */
  readonly memory: readonly {
    readonly quarters: readonly number[];
    readonly most: number;
    /** From the middle third of the run to the last. */
    readonly growth: number;
  }[];
  /**
   * Processor seconds within the measured time: of each relayer, of this process, which runs the chains, IPFS and the owners, and of the database
   * server, where that is known.
   */
  readonly processor: {
    readonly relayers: readonly number[];
    readonly surroundings: number;
    readonly database: number;
  };
  readonly transactions: number;
  /** Per relayer, where they share a database: the leases that it had as the requests came. */
  readonly leases: readonly ReadonlySet<string>[];
  /** What they asked of that database. */
  readonly databaseLoad?: DatabaseLoad;
  /** Where it was asked for. */
  readonly ceiling?: Ceiling;
  /** What the embedded databases of the relayers hold after the run, bytes in tables and indexes. */
  readonly databases: readonly number[];
  /** Where it was asked for: all relayers together, and this process. */
  readonly recorded?: {
    readonly relayers: Attribution;
    readonly surroundings: Attribution;
    /** Processor ms of the first relayer, by part, largest first. */
    readonly parts: Readonly<Record<string, number>>;
  };
}

const SAMPLE_MS = 250;
/** How long relayers have after their start to share out what there is to do. */
const SETTLE_MS = 6_000;

export async function relay(options: RelayOptions): Promise<RelayResult> {
  const { requests, relayers, program, held = false, report } = options;
  const directory = await mkdtemp(join(tmpdir(), "medexchain-bench-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const preparing = performance.now();
  const load = stack.use(await prepareLoad({ requests, relayers, directory, held }));
  report(`${requests} requests prepared in ${((performance.now() - preparing) / 1000).toFixed(0)} s`);
  const { chainA, chainB } = load.cast;
  const startBlocks = async ({ provider }: Chain): Promise<void> => {
    if (options.blockInterval === 0) return;
    await provider.send("evm_setAutomine", [false]);
    await provider.send("evm_setIntervalMining", [options.blockInterval]);
  };
  await startBlocks(chainA);
  if (!held) await startBlocks(chainB);
  const database = options.databaseUrl === undefined ? undefined : await createDatabase(options.databaseUrl);
  if (database) stack.defer(() => database.drop());
  const asked = database && (await followDatabase(database.url));
  const { scheme } = options;
  const owners = scheme === undefined ? undefined : stack.use(reKeyThread());
  const reKeyGen = scheme === undefined ? {} : operationsOf(scheme, PAPER_ATTRIBUTES).ReKeyGen;
  const following = follow(load, async () => owners?.run(reKeyGen));
  stack.defer(() => following.stop());
  const children: RelayerChild[] = [];
  for (const [index, { secrets }] of load.relayers.entries()) {
    const name = `relayer-${index + 1}`;
    const config = {
      chains: [chainA, chainB].map(({ deployment }) => ({
        deployment: { ...deployment, chainId: String(deployment.chainId) },
        ...(options.batchSize === undefined ? {} : { submit: { batchSize: options.batchSize } }),
      })),
      ipfs: { url: load.ipfsUrl },
      database: database ? { url: database.url } : { directory: join(directory, `database-${index + 1}`) },
      workers: 1,
    };
    const other =
      program === "plain" ? { program: PLAIN_RELAYER } : options.record ? { program: RECORDED_RELAYER } : {};
    const nodeOptions = scheme === undefined ? NODE_OPTIONS : [...NODE_OPTIONS, `--import=${hookFor(scheme)}`];
    const child = { directory, name, config, secrets, nodeOptions, ...other };
    children.push(stack.use(await startRelayerChild(child)));
  }
  const recording = options.record ? startRecording() : undefined;
  const samples: Usage[][] = children.map(() => []);
  const ours: Usage[] = [];
  const theirs: Usage[] = [];
  const sampling = setInterval(async () => {
    const own = await usageOf(process.pid);
    if (own) ours.push(own);
    const server = options.databasePid === undefined ? undefined : await usageOfFamily(options.databasePid);
    if (server) theirs.push(server);
    for (const [index, { pid }] of children.entries()) {
      const usage = pid === undefined ? undefined : await usageOf(pid);
      if (usage) samples[index]?.push(usage);
    }
  }, SAMPLE_MS);
  stack.defer(() => clearInterval(sampling));

  let released = Number.NaN;
  if (held) {
    while ((await Promise.all(children.map(({ logFile }) => startedAt(logFile)))).includes(undefined)) await sleep(50);
    await sleep(SETTLE_MS);
    released = Date.now();
    await load.release();
    await startBlocks(chainB);
  }
  await Promise.race([allAnswered(following, children, options), following.failed]);
  const ready = held ? released : Math.min(...(await Promise.all(children.map(({ logFile }) => readyAt(logFile)))));
  const ends = [...following.sightings.values()].map(({ answered = Number.NaN }) => answered);
  const sorted = ends.toSorted((one, other) => one - other);
  const end = sorted.at(-1) ?? Number.NaN;
  const seconds = (end - ready) / 1000;
  const spent = (of: readonly Usage[]): number =>
    (sampleAt(of, end)?.processor ?? Number.NaN) - (sampleAt(of, ready)?.processor ?? Number.NaN);
  const transactions = await transactionsOf(load);
  const databaseLoad = await asked?.end();
  const leases = await Promise.all(children.map(({ logFile }) => leasesAt(logFile, ready)));
  clearInterval(sampling);
  const own = recording?.end();
  // Nobody else is to be at work from here on, and what the relayers wrote is to be read.
  await Promise.all([following.stop(), ...children.map((child) => child[Symbol.asyncDispose]())]);
  const ceiling = options.ceiling ? { ceiling: await measureCeiling(load) } : {};
  const databases: number[] = [];
  const recordings: Attribution[] = [];
  let parts: Readonly<Record<string, number>> = {};
  for (const index of children.keys()) {
    if (program === "medex" && !database) databases.push(await heldBy(join(directory, `database-${index + 1}`)));
    if (!own) continue;
    const recording = await readRecording(directory, index);
    recordings.push(attribute(recording, ready, end));
    if (index === 0) parts = Object.fromEntries(partsOf(recording, ready, end));
  }
  const recorded = own
    ? { recorded: { relayers: sumOf(recordings), surroundings: attribute(own, ready, end), parts } }
    : {};
  return {
    requests,
    relayers,
    program,
    seconds,
    perSecond: requests / seconds,
    latencies: sorted.map((at) => at - ready),
    shares: sharesOf(following.sightings, ready),
    memory: samples.map((of) => ({
      quarters: [0.25, 0.5, 0.75, 1].map(
        (share) => sampleAt(of, sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN)?.memory ?? Number.NaN,
      ),
      most: Math.max(...of.map(({ memory }) => memory)),
      growth: growth(of.filter(({ at }) => at >= ready)),
    })),
    processor: {
      relayers: samples.map(spent),
      surroundings: spent(ours),
      database: theirs.length > 0 ? spent(theirs) : 0,
    },
    transactions,
    leases,
    ...(databaseLoad && { databaseLoad }),
    ...ceiling,
    databases,
    ...recorded,
  };
}

const reKeyThread = (): Piscina<UnitCounts, void> =>
  new Piscina({ filename: REKEY_WORKER, minThreads: 1, maxThreads: 1 });

function hookFor(scheme: Scheme): string {
  const hook = new URL(COST_HOOK);
  hook.searchParams.set("scheme", scheme);
  return hook.href;
}

const readRecording = async (directory: string, index: number) =>
  recordingSchema.parse(JSON.parse(await readFile(join(directory, `relayer-${index + 1}.json.recording`), "utf8")));

/** Bytes that the tables and indexes of a relayer's embedded database take. */
async function heldBy(directory: string): Promise<number> {
  const database = await openDatabase({ directory });
  try {
    const [row] = await database.query(
      "SELECT sum(pg_total_relation_size(c.oid))::float8 AS bytes FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace " +
        "WHERE c.relkind = 'r' AND n.nspname = 'relayer'",
    );
    return (row as { bytes: number }).bytes; // one row of that column, as the statement says
  } finally {
    await database.close();
  }
}

const STALLED_MS = 120_000;

async function allAnswered(
  following: ReturnType<typeof follow>,
  children: readonly RelayerChild[],
  { requests, report }: RelayOptions,
): Promise<void> {
  let last = { answered: 0, at: performance.now() };
  let reported = performance.now();
  for (;;) {
    const answered = following.answered();
    if (answered >= requests) return;
    const now = performance.now();
    if (answered > last.answered) last = { answered, at: now };
    const crashed = children.find(({ counts }) => counts.crashes > 0);
    if (crashed) throw new Error(`a relayer ended: ${(await readFile(crashed.logFile, "utf8")).trim().slice(-1_000)}`);
    if (now - last.at > STALLED_MS) throw new Error(`${answered} of ${requests} answered, and none for two minutes`);
    if (now - reported > 10_000) {
      reported = now;
      report(`${answered} answered`);
    }
    await sleep(20);
  }
}

/** When a relayer said that it had started, ms since the epoch. */
async function readyAt(logFile: string): Promise<number> {
  const at = await startedAt(logFile);
  if (at !== undefined) return at;
  throw new Error(`no relayer started: see ${logFile}`);
}

/** As `readyAt`; undefined while it has not, and has no log yet. */
async function startedAt(logFile: string): Promise<number | undefined> {
  for (const line of (await readFile(logFile, "utf8").catch(() => "")).split("\n")) {
    if (!line.includes('"event":"started"')) continue;
    const { time }: { time: number } = JSON.parse(line);
    return time;
  }
  return undefined;
}

const leaseSchema = z.object({ time: z.number(), event: z.literal("lease"), lease: z.string(), held: z.boolean() });

/** What a relayer held at a moment, by its log. */
async function leasesAt(logFile: string, moment: number): Promise<ReadonlySet<string>> {
  const held = new Set<string>();
  for (const line of (await readFile(logFile, "utf8")).split("\n")) {
    if (!line.includes('"event":"lease"')) continue;
    const { time, lease, held: is } = leaseSchema.parse(JSON.parse(line));
    if (time > moment) continue;
    if (is) held.add(lease);
    else held.delete(lease);
  }
  return held;
}

function sharesOf(sightings: Sightings, ready: number): RelayResult["shares"] {
  const sums = { "deliver-request": 0, owner: 0, "re-encrypt": 0, "deliver-response": 0 };
  let whole = 0;
  for (const {
    delivered = ready,
    authorized = delivered,
    granted = authorized,
    answered = granted,
  } of sightings.values()) {
    sums["deliver-request"] += delivered - ready;
    sums.owner += authorized - delivered;
    sums["re-encrypt"] += granted - authorized;
    sums["deliver-response"] += answered - granted;
    whole += answered - ready;
  }
  return {
    "deliver-request": sums["deliver-request"] / whole,
    owner: sums.owner / whole,
    "re-encrypt": sums["re-encrypt"] / whole,
    "deliver-response": sums["deliver-response"] / whole,
  };
}

async function transactionsOf({ cast, relayers }: Awaited<ReturnType<typeof prepareLoad>>): Promise<number> {
  let sum = 0;
  for (const { address } of relayers) {
    for (const { provider } of [cast.chainA, cast.chainB]) sum += await provider.getTransactionCount(address);
  }
  return sum;
}
