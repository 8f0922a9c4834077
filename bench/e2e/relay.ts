/** One timed run: a load is prepared, relayers are started, and it is watched until every request is answered. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createDatabase } from "../../chaos/postgres.ts";
import { type RelayerChild, startRelayerChild } from "../../chaos/relayer-child.ts";
import { openDatabase } from "../../relayer/database/open.ts";
import { type Attribution, attribute, sumOf } from "./attribute.ts";
import { type Ceiling, measureCeiling } from "./ceiling.ts";
import { follow, type Sightings } from "./follow.ts";
import { prepareLoad } from "./load.ts";
import { growth, sampleAt, type Usage, usageOf } from "./process-usage.ts";
import { recordingSchema, startRecording } from "./recording.ts";

const PLAIN_RELAYER = fileURLToPath(new URL("../plain-relayer.ts", import.meta.url));
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
  /** Whether to measure, after the run, what its parts reach by themselves. */
  readonly ceiling?: boolean;
  /** Most steps that the relayer puts into one transaction; its own default unless given. */
  readonly batchSize?: number;
  /** Whether to profile the relayers and this process, which slows them a little. */
  readonly record?: boolean;
  readonly report: (line: string) => void;
}

export interface RelayResult {
  readonly requests: number;
  readonly relayers: number;
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
  /** Processor seconds within the measured time: of each relayer, and of this process, which runs the chains, IPFS and the owners. */
  readonly processor: { readonly relayers: readonly number[]; readonly surroundings: number };
  readonly transactions: number;
  /** Where it was asked for. */
  readonly ceiling?: Ceiling;
  /** What the embedded databases of the relayers hold after the run, bytes in tables and indexes. */
  readonly databases: readonly number[];
  /** Where it was asked for: all relayers together, and this process. */
  readonly recorded?: { readonly relayers: Attribution; readonly surroundings: Attribution };
}

const SAMPLE_MS = 250;

export async function relay(options: RelayOptions): Promise<RelayResult> {
  const { requests, relayers, program, report } = options;
  const directory = await mkdtemp(join(tmpdir(), "medexchain-bench-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const preparing = performance.now();
  const load = stack.use(await prepareLoad({ requests, relayers, directory }));
  report(`${requests} requests prepared in ${((performance.now() - preparing) / 1000).toFixed(0)} s`);
  const { chainA, chainB } = load.cast;
  if (options.blockInterval > 0) {
    for (const { provider } of [chainA, chainB]) {
      await provider.send("evm_setAutomine", [false]);
      await provider.send("evm_setIntervalMining", [options.blockInterval]);
    }
  }
  const database = options.databaseUrl === undefined ? undefined : await createDatabase(options.databaseUrl);
  if (database) stack.defer(() => database.drop());
  const following = follow(load);
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
    const child = { directory, name, config, secrets, nodeOptions: NODE_OPTIONS, ...other };
    children.push(stack.use(await startRelayerChild(child)));
  }
  const recording = options.record ? startRecording() : undefined;
  const samples: Usage[][] = children.map(() => []);
  const ours: Usage[] = [];
  const sampling = setInterval(async () => {
    const own = await usageOf(process.pid);
    if (own) ours.push(own);
    for (const [index, { pid }] of children.entries()) {
      const usage = pid === undefined ? undefined : await usageOf(pid);
      if (usage) samples[index]?.push(usage);
    }
  }, SAMPLE_MS);
  stack.defer(() => clearInterval(sampling));

  await Promise.race([allAnswered(following, children, options), following.failed]);
  const ready = Math.min(...(await Promise.all(children.map(({ logFile }) => readyAt(logFile)))));
  const ends = [...following.sightings.values()].map(({ answered = Number.NaN }) => answered);
  const sorted = ends.toSorted((one, other) => one - other);
  const end = sorted.at(-1) ?? Number.NaN;
  const seconds = (end - ready) / 1000;
  const spent = (of: readonly Usage[]): number =>
    (sampleAt(of, end)?.processor ?? Number.NaN) - (sampleAt(of, ready)?.processor ?? Number.NaN);
  const transactions = await transactionsOf(load);
  clearInterval(sampling);
  const own = recording?.end();
  // Nobody else is to be at work from here on, and what the relayers wrote is to be read.
  await Promise.all([following.stop(), ...children.map((child) => child[Symbol.asyncDispose]())]);
  const ceiling = options.ceiling ? { ceiling: await measureCeiling(load) } : {};
  const databases: number[] = [];
  const recordings: Attribution[] = [];
  for (const index of children.keys()) {
    if (program === "medex" && !database) databases.push(await heldBy(join(directory, `database-${index + 1}`)));
    if (own) recordings.push(attribute(await readRecording(directory, index), ready, end));
  }
  const recorded = own ? { recorded: { relayers: sumOf(recordings), surroundings: attribute(own, ready, end) } } : {};
  return {
    requests,
    relayers,
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
    processor: { relayers: samples.map(spent), surroundings: spent(ours) },
    transactions,
    ...ceiling,
    databases,
    ...recorded,
  };
}

const readRecording = async (directory: string, index: number) =>
  recordingSchema.parse(JSON.parse(await readFile(join(directory, `relayer-${index + 1}.json.recording`), "utf8")));

/** Bytes that the tables and indexes of a relayer's embedded database take. */
async function heldBy(directory: string): Promise<number> {
  const database = await openDatabase({ directory });
  try {
    const [row] = await database.query(
      "SELECT sum(pg_total_relation_size(c.oid))::float8 AS bytes FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace " +
        "WHERE c.relkind = 'r' AND n.nspname IN ('relayer', 'pgboss')",
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
  for (const line of (await readFile(logFile, "utf8")).split("\n")) {
    if (!line.includes('"event":"started"')) continue;
    const { time }: { time: number } = JSON.parse(line);
    return time;
  }
  throw new Error(`no relayer started: see ${logFile}`);
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
