/** MedExChain's Fig. 9: the cross-chain system with each of the six schemes' ReKeyGen and ReEnc in the place of ours. */
import { initCurve } from "@medexchain/pre";
import { PAPER_REQUESTS, parseCrossChainOptions } from "./cross-chain/options.ts";
import { operationCases } from "./curve-times.ts";
import { type RelayResult, relay } from "./e2e/relay.ts";
import { figureOf, measure, quantile } from "./measure.ts";
import type { Cell, Report, RunOptions, Table } from "./report.ts";
import { type MeasuredRun, type SystemModel, secondsOf, stagesOf, systemOf } from "./schemes/cross-chain-model.ts";
import type { UnitTimes } from "./schemes/modelled.ts";
import { SCHEMES, type Scheme } from "./schemes/paper-counts.ts";

const TITLE = "MedExChain Fig. 9: six schemes in the cross-chain system";
const OURS: Scheme = "MedExChain";

const notesFor = (requests: number, blockInterval: number): string[] => [
  "Every run is of the whole system, as in the section on throughput, with one relayer and a block " +
    `${blockInterval === 0 ? "for each transaction" : "each second"}: all requests filed on chain B at the start, ` +
    "the contracts, IPFS and the relayer real. Put in the place of ours are costs, not schemes: the operations of a scheme's ReKeyGen are done in one thread before each " +
    "approval, for owners and firewalls together; those of its ReEnc in the relayer's thread, where one pairing of them is the one that ours makes. " +
    "The counts are the paper's, with n = 3 and N = 5.",
  requests === PAPER_REQUESTS
    ? `${PAPER_REQUESTS.toLocaleString("en-GB")} requests were measured for each scheme; the model stands beside.`
    : `Runs of ${requests} requests were measured for each scheme. ${PAPER_REQUESTS.toLocaleString("en-GB")} were not: their figures are a model's, fed with what was measured of ours at two sizes and ` +
      `with the times of one operation (bench/schemes/cross-chain-model.ts). What it says of ${requests} stands beside what was measured of it. ` +
      `npm run bench -- cross-chain --requests ${PAPER_REQUESTS} measures them.`,
  "The paper gives no values for its Fig. 9. It says that MedExChain is on a par with [36], better than [46] and [30], and much better than [45] and [52]. " +
    "Here the chains and the relayer's own work are added to each scheme's, so that differences are smaller than between the stages alone.",
];

/** Measures each scheme and models the paper's number of requests: all by one library, mcl-wasm, as the schemes' operations are. */
export async function benchCrossChain({ quick, given = {} }: RunOptions): Promise<Report> {
  const { requests = quick ? 40 : 300 } = parseCrossChainOptions(given);
  if ((await initCurve()) === "blst") {
    const notMeasured =
      "the relayer would compute by blst, and the other schemes by mcl-wasm; remove native/native-curve.node";
    return { title: TITLE, measurements: [], ratios: {}, notMeasured, notes: [notMeasured] };
  }
  const schemes: readonly Scheme[] = quick ? [OURS, "FABRIC [52]"] : SCHEMES;
  const blockInterval = quick ? 0 : 1_000;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const units = await measureUnits(quick ? 10 : 50);
  const go = async (scheme: Scheme, count: number): Promise<RelayResult> => {
    say(`${scheme}, ${count} requests`);
    return relay({ requests: count, relayers: 1, program: "medex", blockInterval, scheme, report: say });
  };
  const few = await go(OURS, Math.ceil(requests / 4));
  const runs = new Map<Scheme, RelayResult>();
  for (const scheme of schemes) runs.set(scheme, await go(scheme, requests));
  const many = runs.get(OURS);
  if (many === undefined) throw new Error("ours is among the schemes");
  const system = systemOf(OURS, units, measuredOf(few), measuredOf(many));
  return reportOf({ requests, blockInterval, schemes, units, runs, system });
}

interface Found {
  readonly requests: number;
  readonly blockInterval: number;
  readonly schemes: readonly Scheme[];
  readonly units: UnitTimes;
  readonly runs: ReadonlyMap<Scheme, RelayResult>;
  readonly system: SystemModel;
}

function reportOf(found: Found): Report {
  const { requests, blockInterval, schemes, units, runs, system } = found;
  const modelled = (scheme: Scheme): number => PAPER_REQUESTS / secondsOf(scheme, units, system, PAPER_REQUESTS);
  return {
    title: TITLE,
    measurements: [],
    ratios: Object.fromEntries(
      schemes
        .filter((scheme) => scheme !== OURS)
        .map((scheme) => [`requests per second, MedExChain over ${scheme}`, rateOf(runs, OURS) / rateOf(runs, scheme)]),
    ),
    tables: [
      {
        title: "What each scheme's stages take, by its counts with the times of one operation here, ms",
        columns: ["scheme", "ReKeyGen", "ReEnc"],
        rows: SCHEMES.map((scheme) => {
          const { reKeyGen, reEnc } = stagesOf(scheme, units);
          return [scheme, reKeyGen, reEnc];
        }),
      },
      measuredTable(found),
      {
        title: `${PAPER_REQUESTS.toLocaleString("en-GB")} requests at once, by the model`,
        columns: ["scheme", "requests/s", "all of them, s", "MedExChain over it"],
        rows: SCHEMES.map((scheme) => [
          scheme,
          modelled(scheme),
          secondsOf(scheme, units, system, PAPER_REQUESTS),
          modelled(OURS) / modelled(scheme),
        ]),
        note: `a run takes ${system.fixed.toFixed(0)} ms and ${system.each.toFixed(2)} ms for each request of ours, with ${system.busy.toFixed(2)} processors at work on average and ${system.rest.toFixed(1)} ms of processor time beside the two stages`,
      },
    ],
    plots: [
      {
        file: "fig-9-schemes",
        title: `Fig. 9: requests per second with each scheme's costs, ${requests} measured and ${PAPER_REQUESTS.toLocaleString("en-GB")} modelled`,
        kind: "bar",
        x: "",
        y: "requests per second",
        points: schemes.flatMap((scheme) => [
          { series: `${requests}, measured`, x: scheme, y: rateOf(runs, scheme) },
          { series: `${PAPER_REQUESTS}, by the model`, x: scheme, y: modelled(scheme) },
        ]),
      },
    ],
    notes: notesFor(requests, blockInterval),
  };
}

function measuredTable({ requests, schemes, units, runs, system }: Found): Table {
  return {
    title: `${requests} requests at once, measured`,
    columns: ["scheme", "requests/s", "p50, ms", "p95, ms", "processor ms per request", "requests/s by the model"],
    rows: schemes.map((scheme): Cell[] => {
      const run = runs.get(scheme);
      if (run === undefined) throw new Error(`${scheme} was not run`);
      return [
        scheme,
        run.perSecond,
        ...[0.5, 0.95].map((share) => Math.round(quantile(run.latencies, share))),
        measuredOf(run).processor,
        requests / secondsOf(scheme, units, system, requests),
      ];
    }),
  };
}

const rateOf = (runs: ReadonlyMap<Scheme, RelayResult>, scheme: Scheme): number =>
  runs.get(scheme)?.perSecond ?? Number.NaN;

function measuredOf({ requests, seconds, processor }: RelayResult): MeasuredRun {
  const all = [...processor.relayers, processor.surroundings].reduce((sum, each) => sum + each, 0);
  return { requests, seconds, processor: (1000 * all) / requests };
}

async function measureUnits(rounds: number): Promise<UnitTimes> {
  const measurements = await measure(operationCases(), rounds);
  const cpu = (operation: keyof ReturnType<typeof operationCases>): number => figureOf(measurements, operation, "cpu");
  return {
    P: cpu("Miller loops") + cpu("final exponentiations"),
    E1: cpu("k·P in G1"),
    E2: cpu("powers in GT"),
    H: cpu("hashes to G1"),
  };
}
