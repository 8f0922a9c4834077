/** Throughput and latency end to end, by requests at once and by batch size: beside the paper's Fig. 8 and 9, which `nodes` and `cross-chain` have. More
 * relayers: `scale`. */
import { PURPOSES } from "./e2e/attribute.ts";
import { type E2eArguments, parseE2eOptions } from "./e2e/options.ts";
import { type RelayOptions, type RelayResult, relay } from "./e2e/relay.ts";
import { benchE2e, processorOf } from "./e2e.ts";
import { quantile } from "./measure.ts";
import type { Cell, Plot, Report, RunOptions, Table } from "./report.ts";

/** How a run differs from the next: what its row in the table says of it. */
type Given = Pick<RelayOptions, "requests" | "relayers" | "program" | "blockInterval"> &
  Partial<Pick<RelayOptions, "batchSize" | "ceiling" | "record">>;
type Run = Given & { readonly result: RelayResult };

const COUNTS = [10, 100, 1_000, 2_000, 5_000, 10_000];
const BATCH_SIZES = [1, 5, 25];
/** Requests where it is not their number that is varied. */
const USUAL = 300;
/** The plain relayer waits for a block for each of its transactions: more would take minutes and show the same. */
const PLAIN_AT_INTERVAL = 10;
const PLAIN_AT_ONCE = 100;
const QUICK = 60;

const NOTES = [
  "From the moment that the first relayer is ready, with all requests filed on chain B, to the answers on chain B. The chains, IPFS and the " +
    "owners run in one process, on the same processors as the relayers; the owners' keys were prepared, and opening records is not inside. " +
    "Latency is from the same moment, so that with requests all filed at once it grows with their number: it is a queue's.",
  "A block is made each second unless the row says otherwise: no request is answered before four blocks. A batch is the most steps that the " +
    "relayer puts into one transaction. A wait: 50 ms between looks at the chains by whoever measures.",
  "Where processor time goes is from a run of its own, with a sampling profile of the main threads by file, and the system's count " +
    "of every thread. Chain: the nodes, and reading, encoding, signing for and asking them. Storage: the relayer's database and IPFS, both " +
    "ends. Engine: garbage collection and compilation, which weigh more the shorter a run is. Rest: the relayer's own steps, HTTP, Node itself.",
  "What would make less of each of a relayer's parts: docs/operations.md, Busy relayers.",
  "The ceilings were measured on the same chains after the run of 1,000, with nobody else at work. A request takes three calls of the relayer's " +
    "and one of the owner's, on two chains: so many requests per second can the chain take in one of them.",
];

/** Runs one load where its size is given, as issue reports quote it, and else the figures. */
export async function benchThroughput({ quick, given = {} }: RunOptions): Promise<Report> {
  const args = parseE2eOptions(given);
  const report = (line: string): void => void process.stderr.write(`${line}\n`);
  const isOne = given.requests !== undefined || given.relayers !== undefined || given.plainRequests !== undefined;
  if (!isOne) return figures(args, quick, report);
  const { requests = 2_000, relayers, blockInterval } = args;
  const { plainRequests = Math.min(requests, blockInterval === 0 ? 300 : 30) } = args;
  return benchE2e({
    requests,
    relayers: relayers === undefined ? [1, 2, 3, 4] : [relayers],
    plainRequests,
    blockInterval,
    databaseUrl: process.env.DATABASE_URL,
    report,
  });
}

async function figures(args: E2eArguments, quick: boolean, report: (line: string) => void): Promise<Report> {
  const { blockInterval } = args;
  const go = async (given: Given): Promise<Run> => {
    report(titleOf(given));
    return { ...given, result: await relay({ ...given, report }) };
  };
  const ours = { relayers: 1, program: "medex", blockInterval } as const;
  const [mine, plain] = quick
    ? [
        [await go({ ...ours, requests: QUICK, blockInterval: 0 })],
        [await go({ ...ours, requests: QUICK, program: "plain", blockInterval: 0 })],
      ]
    : [
        [await go({ ...ours, requests: USUAL, blockInterval: 0 }), await go({ ...ours, requests: USUAL })],
        [
          await go({ ...ours, requests: PLAIN_AT_ONCE, program: "plain", blockInterval: 0 }),
          await go({ ...ours, requests: PLAIN_AT_INTERVAL, program: "plain" }),
        ],
      ];
  const [byCount, byBatch, recorded]: Run[][] = [[], [], []];
  if (!quick) {
    for (const requests of COUNTS.filter((count) => count <= args.most)) {
      byCount?.push(await go({ ...ours, requests, ceiling: requests === 1_000 }));
    }
    for (const batchSize of BATCH_SIZES) byBatch?.push(await go({ ...ours, requests: USUAL, batchSize }));
    recorded?.push(await go({ ...ours, requests: USUAL, record: true }));
  }
  return reportOf({ mine, plain, byCount, byBatch, recorded }, quick);
}

type Figures = Readonly<Record<"mine" | "plain" | "byCount" | "byBatch" | "recorded", Run[] | undefined>>;

function reportOf(
  { mine = [], plain = [], byCount = [], byBatch = [], recorded = [] }: Figures,
  quick: boolean,
): Report {
  const ratios: Record<string, number> = {};
  const watched: Record<string, number> = {};
  for (const [index, ours] of mine.entries()) {
    const theirs = plain[index];
    if (theirs === undefined) continue;
    const at = blocksOf(ours);
    ratios[`requests per second over the plain relayer's, ${at}`] = ours.result.perSecond / theirs.result.perSecond;
    const saved = processorOf(theirs.result) / processorOf(ours.result);
    ratios[`processor time per request, the plain relayer's system over ours, ${at}`] = saved;
    if (quick) watched[`processor time per request, the plain relayer's system over ours, ${at}`] = saved;
  }
  const groups: Readonly<Record<string, readonly Run[]>> = {
    "by the number of requests at once": byCount,
    "by batch size": byBatch,
    "beside a plain relayer": [...mine, ...plain],
  };
  const ceilings = byCount.filter(({ result }) => result.ceiling !== undefined);
  return {
    title: "Throughput and latency end to end",
    measurements: [],
    ratios,
    ...(quick ? { watched } : {}),
    tables: [
      ...Object.entries(groups)
        .filter(([, runs]) => runs.length > 0)
        .map(([title, runs]) => runsTable(`Throughput and latency ${title}`, runs)),
      ...(byCount.length > 0 ? [stagesTable(byCount)] : []),
      ...recorded.map(purposeTable),
      ...recorded.map(partsTable),
      ...ceilings.map(ceilingTable),
    ],
    plots: byCount.length === 0 ? [] : plotsOf(byCount, byBatch),
    notes: NOTES,
  };
}

const blocksOf = ({ blockInterval }: Given): string =>
  blockInterval === 0 ? "a block per transaction" : `a block each ${blockInterval} ms`;

function titleOf(given: Given): string {
  const { program, requests, relayers, batchSize, record } = given;
  const who = program === "plain" ? "plain relayer" : `${relayers} relayer${relayers > 1 ? "s" : ""}`;
  const batches = batchSize === undefined ? "" : `, batches of ${batchSize}`;
  return `${requests} requests, ${who}${batches}, ${blocksOf(given)}${record ? ", recorded" : ""}`;
}

function runsTable(title: string, runs: readonly Run[]): Table {
  const columns = ["run", "requests/s", "p50, ms", "p95, ms", "p99, ms", "transactions per request"];
  const rows = runs.map((run): Cell[] => {
    const { latencies, perSecond, transactions, requests, databases } = run.result;
    return [
      titleOf(run),
      perSecond,
      ...[0.5, 0.95, 0.99].map((share) => Math.round(quantile(latencies, share))),
      transactions / requests,
      processorOf(run.result),
      databases.length === 0 ? "–" : databases.reduce((sum, bytes) => sum + bytes, 0) / 1024 / requests,
    ];
  });
  return { title, columns: [...columns, "processor ms per request", "database, KiB per request"], rows };
}

function stagesTable(runs: readonly Run[]): Table {
  const stages = ["deliver-request", "owner", "re-encrypt", "deliver-response"] as const;
  return {
    title: "Where an average request's time goes, waiting included, %",
    columns: ["requests at once", ...stages],
    rows: runs.map(({ requests, result }) => [requests, ...stages.map((stage) => 100 * result.shares[stage])]),
  };
}

function purposeTable({ requests, result }: Run): Table {
  const { recorded } = result;
  if (!recorded) throw new Error("a run that was to be recorded was not");
  const { relayers, surroundings } = recorded;
  const all = PURPOSES.reduce((sum, purpose) => sum + relayers[purpose] + surroundings[purpose], 0);
  return {
    title: `Where processor time goes, ms per request of ${requests}`,
    columns: ["", "relayer", "chains, IPFS and owners", "share of all, %"],
    rows: PURPOSES.map((purpose) => [
      purpose,
      relayers[purpose] / requests,
      surroundings[purpose] / requests,
      (100 * (relayers[purpose] + surroundings[purpose])) / all,
    ]),
  };
}

function partsTable({ requests, result: { recorded } }: Run): Table {
  if (!recorded) throw new Error("a run that was to be recorded was not");
  const parts = Object.entries(recorded.parts);
  const all = parts.reduce((sum, [, ms]) => sum + ms, 0);
  return {
    title: `What a relayer's processor time goes to, of ${requests} requests`,
    columns: ["", "ms per request", "share, %"],
    rows: parts.map(([part, ms]) => [part, ms / requests, (100 * ms) / all]),
  };
}

function ceilingTable({ result: { ceiling, perSecond, requests } }: Run): Table {
  const {
    deliveredAlone = Number.NaN,
    deliveredInBatches = Number.NaN,
    batch = 0,
    reEncryptions = Number.NaN,
  } = ceiling ?? {};
  return {
    title: "What the parts reach by themselves, flat out",
    columns: ["", "requests/s", `over the run of ${requests}`],
    rows: [
      ["the run", perSecond, 1],
      ["chain A, a request in a transaction", deliveredAlone, deliveredAlone / perSecond],
      [`chain A, ${batch} requests in a transaction`, deliveredInBatches, deliveredInBatches / perSecond],
      ["re-encryption in one thread", reEncryptions, reEncryptions / perSecond],
    ],
  };
}

function plotsOf(byCount: readonly Run[], byBatch: readonly Run[]): Plot[] {
  const shares = { p50: 0.5, p95: 0.95, p99: 0.99 };
  return [
    {
      file: "fig-8-throughput",
      title: "Throughput by number of requests at once",
      kind: "line",
      x: "requests at once",
      y: "requests per second",
      log: ["x"],
      points: byCount.map(({ requests, result }) => ({ series: "1 relayer", x: requests, y: result.perSecond })),
    },
    {
      file: "fig-9-latency",
      title: "Latency by number of requests at once",
      kind: "line",
      x: "requests at once",
      y: "ms",
      log: ["x", "y"],
      points: byCount.flatMap(({ requests, result }) =>
        Object.entries(shares).map(([series, share]) => ({
          series,
          x: requests,
          y: quantile(result.latencies, share),
        })),
      ),
    },
    {
      file: "fig-8-batches",
      title: "Throughput by batch size",
      kind: "bar",
      x: "most steps in a transaction",
      y: "requests per second",
      points: byBatch.map(({ batchSize, result }) => ({
        series: `${USUAL} requests`,
        x: String(batchSize),
        y: result.perSecond,
      })),
    },
  ];
}
