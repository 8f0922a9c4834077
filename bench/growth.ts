/** What grows with use: the relayer's database, a chain's state, a firewall's list, the access log, against the number of things in them. */
import { prepareLoad } from "./e2e/load.ts";
import { accessLogGrowth } from "./growth/access-log.ts";
import { anchoredRecordsGrowth } from "./growth/anchored-records.ts";
import { type Cost, type Row, type Subject, temporary } from "./growth/grow.ts";
import { membersGrowth } from "./growth/members.ts";
import { relayerEventsGrowth } from "./growth/relayer-events.ts";
import { seenRecordsGrowth } from "./growth/seen-records.ts";
import type { Report, RunOptions, Table } from "./report.ts";

const NOTES = [
  "Each subject is filled to the counts of its table in turn; the last batches before a count give the time to add, reads of things drawn at " +
    "random that to read. Processor and disk are shared by client and server. A slope is between the first count and the last: 0 is " +
    "no growth, 1 is in step with the count.",
  "Gas is what a chain pays for its state: constant gas per record is state that grows in step with the records, and no more. The access log " +
    "is a chain of hashes: an entry costs the same whatever its length (docs/gas.md). The log is filled by the ledger's own `recordAccess`, " +
    "in the name of the contract that alone may call it; members by `enrolMember`, with a certificate each. `authorize` and `request` are " +
    "then called on top, as in use.",
  "Records and members on chains end at 10,000: 100,000 of them take more than three minutes. What a request leaves in a " +
    "relayer's database is in the section `e2e`, by number of requests.",
];

/** Benchmarks growth. */
export async function benchGrowth({ quick }: RunOptions): Promise<Report> {
  const most = (full: number): number[] =>
    [100, 1_000, 10_000, 100_000].filter((count) => count <= (quick ? 1_000 : full));
  await using stack = new AsyncDisposableStack();
  const directory = await temporary(stack);
  const load = stack.use(await prepareLoad({ requests: 0, relayers: 1, directory }));
  const subjects = [
    await relayerEventsGrowth(most(100_000)),
    await seenRecordsGrowth(most(10_000)),
    await anchoredRecordsGrowth(most(10_000)),
    await accessLogGrowth(load, most(100_000)),
    await membersGrowth(load, most(10_000)),
  ];
  return {
    title: "Growth",
    measurements: [],
    ratios: {},
    watched: Object.fromEntries(subjects.flatMap(watchedOf)),
    tables: [...subjects.map(tableOf), slopesOf(subjects)],
    plots: [
      {
        file: "growth",
        title: "Time to add one and to read one, by how many there are",
        kind: "line",
        x: "things",
        y: "ms",
        log: ["x", "y"],
        points: subjects.flatMap(({ title, rows }) =>
          rows.flatMap(({ count, add, read }) => [
            { series: `${title}: add`, x: count, y: add },
            { series: `${title}: read`, x: count, y: read },
          ]),
        ),
      },
    ],
    notes: NOTES,
  };
}

/** Gas, which is the same on any machine: a store's own where it is on a chain, and that of the call beside it. */
function watchedOf({ title, each, probe, rows }: Subject): [name: string, ratio: number][] {
  const [first, last] = [rows[0], rows.at(-1)];
  const ratios: [string, number][] = [];
  if (each === "gas")
    ratios.push([`${title}: gas of one, first count over last`, (first?.each ?? 0) / (last?.each ?? 0)]);
  if (probe !== undefined)
    ratios.push([
      `${title}: gas of ${probe}, first count over last`,
      (first?.probe?.gas ?? 0) / (last?.probe?.gas ?? 0),
    ]);
  return ratios;
}

function tableOf({ title, each, probe, rows }: Subject): Table {
  const beside = probe === undefined ? [] : [`\`${probe}\`, ms`, `\`${probe}\`, gas`];
  return {
    title,
    columns: ["count", "add one, ms", "read one, ms", each, ...beside, "memory of the process, MiB"],
    rows: rows.map((row) => [
      row.count,
      row.add,
      row.read,
      row.each,
      ...(row.probe ? [row.probe.ms, row.probe.gas] : []),
      Math.round(row.memory),
    ]),
  };
}

/** Slopes in doubly logarithmic axes. */
function slopesOf(subjects: readonly Subject[]): Table {
  return {
    title: "Slopes",
    columns: ["", "time to add one", "time to read one", "size of one", "time of the call beside it", "its gas"],
    rows: subjects.map(({ title, rows }) => {
      const [first, last] = [rows[0], rows.at(-1)];
      const slope = (of: (row: Row) => number): string =>
        first === undefined || last === undefined
          ? "–"
          : (Math.log(of(last) / of(first)) / Math.log(last.count / first.count)).toFixed(2);
      const beside = (of: (cost: Cost) => number): string =>
        first?.probe ? slope(({ probe }) => (probe ? of(probe) : Number.NaN)) : "–";
      return [
        title,
        slope(({ add }) => add),
        slope(({ read }) => read),
        slope(({ each }) => each),
        beside(({ ms }) => ms),
        beside(({ gas }) => gas),
      ];
    }),
  };
}
