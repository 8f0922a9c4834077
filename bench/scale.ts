/** How relayers on one database scale: measured for one to four, modelled by the costs of the parts, and carried on to sixteen. */
import { availableParallelism } from "node:os";
import { MedexError } from "@medexchain/core";
import { z } from "zod";
import { findPostgres, startPostgresCluster } from "../tools/postgres-cluster.ts";
import { MOST_RELAYERS } from "./e2e/options.ts";
import { type RelayResult, relay } from "./e2e/relay.ts";
import { processorOf, scalingRatios } from "./e2e.ts";
import type { Report, RunOptions, Table } from "./report.ts";
import {
  apart,
  type Bounds,
  type Costs,
  fitCosts,
  type Observed,
  onOneMachine,
  PARTS,
  type Part,
  type Rest,
} from "./scale/model.ts";

const schema = z.object({
  requests: z.coerce.number().int().min(1).default(800),
  blockInterval: z.coerce.number().int().min(1).default(1_000),
});
const QUICK = 60;
const COUNTS = [1, 2, 3, 4, 6, 8, 16];
/** Steps that an account has on their way to a chain at once: `submit.maxInFlight` times `submit.batchSize`. */
const WINDOW = 8 * 25;

/**
 * Runs one to four relayers on a PostgreSQL server of the run's own.
 *
 * @throws CONFIG_INVALID when an option is out of range
 */
export async function benchScale({ quick, given = {} }: RunOptions): Promise<Report> {
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    throw new MedexError("CONFIG_INVALID", "bench scale: --requests and --block-interval take whole numbers from 1");
  }
  const { blockInterval } = parsed.data;
  const requests = quick ? QUICK : parsed.data.requests;
  const bin = findPostgres();
  if (bin === undefined) {
    const notMeasured = "PostgreSQL's programs were not found (Debian: apt install postgresql)";
    return { title: TITLE, measurements: [], ratios: {}, notMeasured, notes: [notMeasured] };
  }
  await using cluster = await startPostgresCluster(bin);
  const runs: RelayResult[] = [];
  for (let relayers = 1; relayers <= (quick ? 2 : MOST_RELAYERS); relayers += 1) {
    const report = (line: string): void => void process.stderr.write(`${relayers} relayers: ${line}\n`);
    const database = { databaseUrl: cluster.url, databasePid: cluster.pid };
    const options = {
      requests,
      relayers,
      program: "medex",
      blockInterval,
      held: true,
      ceiling: relayers === 1,
    } as const;
    runs.push(await relay({ ...options, ...database, report }));
  }
  return reportOf(runs, { quick, blockInterval });
}

/** What each relayer of the runs had to do, and used. */
export function observedIn(runs: readonly RelayResult[]): Observed[] {
  return runs.flatMap(({ requests, seconds, leases, processor }) =>
    leases.map((held, index) => ({
      requests,
      seconds,
      parts: new Set(PARTS.filter((part) => [...held].some((lease) => isOf(lease, part)))),
      processor: processor.relayers[index] ?? Number.NaN,
    })),
  );
}

/** Requests go from chain B to chain A: the lanes the other way are empty. */
const LANES: Partial<Record<Part, string>> = {
  "deliver-request": "deliver-request.31338",
  "re-encrypt": "re-encrypt.31337",
  "deliver-response": "deliver-response.31337",
};
const isOf = (lease: string, part: Part): boolean => lease === (LANES[part] ?? part);

function restOf({ processor, requests, seconds }: RelayResult): Rest {
  const { relayers, database, surroundings } = processor;
  const processors = availableParallelism();
  const used = [...relayers, database, surroundings].reduce((sum, each) => sum + each, 0);
  return {
    database: (database * 1_000) / requests,
    surroundings: (surroundings * 1_000) / requests,
    busy: used / (seconds * processors),
    processors,
  };
}

function reportOf(
  runs: readonly RelayResult[],
  { quick, blockInterval }: { quick: boolean; blockInterval: number },
): Report {
  const [one] = runs;
  if (!one) throw new RangeError("there is a run with one relayer");
  const named = Object.fromEntries(runs.map((run) => [String(run.relayers), run]));
  const ratios = scalingRatios(named);
  const [, two] = runs;
  const watched = {
    "transactions per request, 1 relayer over 2": one.transactions / (two?.transactions ?? Number.NaN),
    "processor time per request, 1 relayer over 2": processorOf(one) / (two ? processorOf(two) : Number.NaN),
  };
  if (quick) return { title: TITLE, measurements: [], ratios, watched, tables: [measuredTable(runs)], notes: [] };

  const costs = fitCosts(observedIn(runs));
  const bounds = boundsOf(runs, blockInterval);
  return {
    title: TITLE,
    measurements: [],
    ratios,
    tables: [measuredTable(runs), costsTable(costs, runs), checkTable(runs), reachTable(costs, bounds)],
    notes: [
      "All relayers are on one machine with the chains, IPFS and the database server, so that more of them cannot be faster here: what is measured is " +
        "whether they cost more. Time runs from when chain B takes the requests, with all relayers ready.",
      "The costs are those that come nearest to what each relayer of each run used, by the leases that it had. Each run is then predicted from the " +
        "others alone. Lock waits are by samples of the server's connections.",
      saturation(costs, bounds),
    ],
  };
}

const TITLE = "Relayers on one database: what n of them cost and reach";

function measuredTable(runs: readonly RelayResult[]): Table {
  return {
    title: "Measured",
    columns: [
      "relayers",
      "requests/s",
      "processor ms per request",
      "relayers' part",
      "database server's",
      "transactions per request",
      "database transactions per request",
      "lock waits, ms per request",
    ],
    rows: runs.map((run) => [
      run.relayers,
      run.perSecond,
      processorOf(run),
      (1_000 * run.processor.relayers.reduce((sum, each) => sum + each, 0)) / run.requests,
      (1_000 * run.processor.database) / run.requests,
      run.transactions / run.requests,
      (run.databaseLoad?.transactions ?? Number.NaN) / run.requests,
      (1_000 * (run.databaseLoad?.lockWaits ?? Number.NaN)) / run.requests,
    ]),
  };
}

function costsTable({ parts, presence }: Costs, runs: readonly RelayResult[]): Table {
  const [one] = runs;
  const rest = one && restOf(one);
  return {
    title: "What the parts cost, processor ms",
    columns: ["part", "ms"],
    rows: [
      ...PARTS.map((part) => [`${part}, a request`, parts[part]]),
      ["a relayer's presence, a second", presence],
      ["the database server, a request", rest?.database ?? Number.NaN],
      ["chains, IPFS and owners, a request", rest?.surroundings ?? Number.NaN],
    ],
  };
}

/** Each run beside what the model says of it that has seen the others only. */
function checkTable(runs: readonly RelayResult[]): Table {
  return {
    title: "The model beside the measured runs, each predicted from the others",
    columns: ["relayers", "processor ms per request", "predicted", "requests/s", "predicted "],
    rows: runs.map((run) => {
      const others = runs.filter((other) => other !== run);
      const [nearest] = others;
      if (!nearest) throw new RangeError("a model is made of other runs");
      const { processor, perSecond } = onOneMachine(run.relayers, fitCosts(observedIn(others)), restOf(nearest));
      return [run.relayers, processorOf(run), processor, run.perSecond, perSecond];
    }),
  };
}

/** What no number of relayers gets past. A request is in three calls on the owner's chain, one of them the owner's alone, and in one on the requester's. */
function boundsOf(runs: readonly RelayResult[], blockInterval: number): Bounds {
  const [one] = runs;
  const last = runs.at(-1);
  const ceiling = one?.ceiling;
  if (!one || !last || !ceiling) throw new RangeError("the first run measures what the chains reach by themselves");
  const { deliveredAlone, deliveredInBatch, reEncryption } = ceiling.processor;
  const lockWaits = Math.max(...runs.map(({ databaseLoad, requests }) => (databaseLoad?.lockWaits ?? 0) / requests));
  return {
    "the owner's chain, whose node executes blocks on one processor": 1_000 / (2 * deliveredInBatch + deliveredAlone),
    "a lane's account, with all the transactions that it may have on their way": WINDOW / (blockInterval / 1_000),
    "one thread that re-encrypts": 1_000 / reEncryption,
    "the database server's processors": (availableParallelism() * 1_000) / restOf(last).database,
    ...(lockWaits > 0 && { "locks in the database": 1 / lockWaits }),
  };
}

function reachTable(costs: Costs, bounds: Bounds): Table {
  return {
    title: "Modelled: relayers with a processor each, requests one way between two chains",
    columns: ["relayers", "requests/s at most", "held by"],
    rows: [
      ...COUNTS.map((count) => {
        const { relayers, perSecond, by } = apart(count, costs, bounds);
        return [relayers, perSecond, by];
      }),
      ...Object.entries(bounds).map(([name, perSecond]) => ["any number", perSecond, name]),
    ],
  };
}

function saturation(costs: Costs, bounds: Bounds): string {
  const reached = Array.from({ length: 16 }, (_, at) => apart(at + 1, costs, bounds));
  const most = reached.at(-1);
  const enough = reached.find(({ perSecond }) => perSecond === most?.perSecond);
  if (!most || !enough) throw new RangeError("sixteen relayers are modelled");
  return (
    `Sixteen relayers reach ${most.perSecond.toFixed(0)} requests/s, which takes ${enough.relayers}: what holds the others is ${most.by}. Requests one way ` +
    "between two chains have three lanes and two chains to read, and a lane is one relayer's; each further pair of chains, and each direction, has its own."
  );
}
