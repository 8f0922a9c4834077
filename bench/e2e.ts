import { findPostgres, startPostgresCluster } from "../tools/postgres-cluster.ts";
import { type RelayResult, relay } from "./e2e/relay.ts";
import type { Report } from "./report.ts";

export interface E2eOptions {
  readonly requests: number;
  /** How many at once, run after run. */
  readonly relayers: readonly number[];
  /** Between blocks, ms; 0 makes a block of each transaction at once. */
  readonly blockInterval: number;
  /** How many requests the plain relayer is given. */
  readonly plainRequests: number;
  readonly databaseUrl?: string | undefined;
  readonly report: (line: string) => void;
}

export interface E2eReport extends Report {
  readonly perSecond: Readonly<Record<string, number>>;
  /** ms */
  readonly percentiles: Readonly<Record<string, Readonly<Record<"p50" | "p95" | "p99", number>>>>;
  readonly runs: Readonly<Record<string, Omit<RelayResult, "latencies">>>;
}

/** Times many requests from B to A at once, through the relayer and through a plain one (MedExChain's end-to-end experiment). */
export async function benchE2e(options: E2eOptions): Promise<E2eReport> {
  const { requests, blockInterval, report } = options;
  const results: Record<string, RelayResult> = {};
  await using shared = await openShared(options);
  const { databaseUrl, databasePid } = shared;
  const held = options.relayers.length > 1;
  for (const relayers of options.relayers) {
    const name = `${relayers} relayer${relayers > 1 ? "s" : ""}`;
    report(name);
    const ceiling = Object.keys(results).length === 0;
    const server = { databaseUrl, databasePid, held };
    results[name] = await relay({ requests, relayers, program: "medex", blockInterval, ...server, ceiling, report });
  }
  report("plain relayer");
  results["plain relayer"] = await relay({
    requests: options.plainRequests,
    relayers: 1,
    program: "plain",
    blockInterval,
    report,
  });
  return reportOf(results, options);
}

interface SharedServer extends AsyncDisposable {
  readonly databaseUrl: string | undefined;
  readonly databasePid: number | undefined;
}

/** The server that several relayers share: the one that is named, or one of the run's own; none where PostgreSQL is not installed. */
async function openShared({ relayers, databaseUrl, report }: E2eOptions): Promise<SharedServer> {
  const none = async () => undefined;
  const isShared = relayers.some((count) => count > 1);
  if (databaseUrl !== undefined || !isShared) {
    return { databaseUrl, databasePid: undefined, [Symbol.asyncDispose]: none };
  }
  const bin = findPostgres();
  if (bin === undefined) {
    report("no PostgreSQL is installed: the relayers have a database each, and take turns");
    return { databaseUrl, databasePid: undefined, [Symbol.asyncDispose]: none };
  }
  const cluster = await startPostgresCluster(bin);
  return { databaseUrl: cluster.url, databasePid: cluster.pid, [Symbol.asyncDispose]: cluster[Symbol.asyncDispose] };
}

/** Of several relayers over one: what each costs, and brings. */
export function scalingRatios(runs: Readonly<Record<string, Omit<RelayResult, "latencies">>>): Record<string, number> {
  const all = Object.values(runs).filter(({ program }) => program === "medex");
  const one = all.find(({ relayers }) => relayers === 1);
  if (!one) return {};
  return Object.fromEntries(
    all
      .filter(({ relayers }) => relayers > 1)
      .flatMap((run) => {
        const name = `${run.relayers} relayers over 1`;
        return [
          [`processor time per request, ${name}`, processorOf(run) / processorOf(one)],
          [`transactions per request, ${name}`, run.transactions / run.requests / (one.transactions / one.requests)],
          [`requests per second, ${name}`, run.perSecond / one.perSecond],
        ];
      }),
  );
}

/** Processor ms of a request: of relayers, chains, IPFS and owners, and the database server, together. */
export function processorOf({ processor, requests }: Pick<RelayResult, "processor" | "requests">): number {
  const { relayers, surroundings, database } = processor;
  return (1_000 * [...relayers, surroundings, database].reduce((sum, each) => sum + each, 0)) / requests;
}

function reportOf(results: Readonly<Record<string, RelayResult>>, options: E2eOptions): E2eReport {
  const entries = Object.entries(results);
  const plain = results["plain relayer"]?.perSecond ?? Number.NaN;
  const at = (latencies: readonly number[], share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  const ours = entries.filter(([name]) => name !== "plain relayer");
  const perSecond = Object.fromEntries(entries.map(([name, { perSecond: rate }]) => [name, rate]));
  const percentiles = Object.fromEntries(
    entries.map(([name, { latencies }]) => [
      name,
      { p50: at(latencies, 0.5), p95: at(latencies, 0.95), p99: at(latencies, 0.99) },
    ]),
  );
  return {
    title: `${options.requests} requests from B to A at once; a block ${options.blockInterval === 0 ? "of each transaction" : `each ${options.blockInterval} ms`}`,
    measurements: entries.map(([name, { requests, latencies }]) => ({
      name: `request to answer, ${name}`,
      rounds: requests,
      median: at(latencies, 0.5),
      lowerQuartile: at(latencies, 0.25),
      upperQuartile: at(latencies, 0.75),
    })),
    ratios: {
      ...Object.fromEntries(ours.map(([name, { perSecond: rate }]) => [`${name} over the plain one`, rate / plain])),
      ...scalingRatios(results),
    },
    perSecond,
    percentiles,
    runs: Object.fromEntries(entries.map(([name, { latencies: _, ...rest }]) => [name, rest])),
    notes: [
      "Measured: from the moment that the first relayer is ready, with all requests filed on chain B, to the answer on chain B; where runs with " +
        "several numbers of relayers are compared, from the moment that chain B takes the requests, with all relayers ready. " +
        "Inside: reading both chains, importing the doctors, delivery to A, the owners' approvals (their keys prepared, their " +
        "transactions signed by the node), re-encryption, IPFS, the answers. The chains, IPFS and the owners run in one process on the same " +
        "processors; not inside: filing, the owners' cryptography, the Tangle, opening the records.",
      ...entries.map(([name, result]) => summary(name, result, percentiles[name])),
    ],
  };
}

function summary(name: string, result: RelayResult, percentiles: E2eReport["percentiles"][string] | undefined): string {
  const { requests, seconds, perSecond, shares, memory, processor, transactions, ceiling } = result;
  const percent = Object.entries(shares).map(([stage, share]) => `${stage} ${(share * 100).toFixed(0)}%`);
  const used = memory.map(
    ({ quarters, most, growth }) =>
      `${quarters.map((mib) => mib.toFixed(0)).join(", ")} MiB when a quarter, half, three quarters and all were answered, ` +
      `${most.toFixed(0)} at most; last third ${growth.toFixed(2)}× the middle`,
  );
  const { p50 = Number.NaN, p95 = Number.NaN, p99 = Number.NaN } = percentiles ?? {};
  return [
    `${name}: ${requests} requests in ${seconds.toFixed(1)} s, ${perSecond.toFixed(1)} completed per second, ${transactions} transactions`,
    `  p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
    `  an average request's time: ${percent.join(", ")}`,
    `  memory: ${used.join("; ")}`,
    `  processor: relayers ${processor.relayers.map((time) => `${time.toFixed(0)} s`).join(", ")}, chains, IPFS and owners ${processor.surroundings.toFixed(0)} s, database server ${processor.database.toFixed(0)} s; per request ${processorOf(result).toFixed(1)} ms in all`,
    ...(ceiling
      ? [
          `  flat out, with nobody else at work: chain A takes ${ceiling.deliveredAlone.toFixed(0)} requests/s in a transaction each, ` +
            `${ceiling.deliveredInBatches.toFixed(0)}/s in batches of ${ceiling.batch} (a request takes four such calls, one of them ` +
            `the owner's, alone); ${ceiling.reEncryptions.toFixed(0)} re-encryptions/s in one thread`,
        ]
      : []),
  ].join("\n");
}
