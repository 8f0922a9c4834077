/** What grows with use: the relayer's database, a chain's state, a firewall's list, against the number of things in them. */
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assembleCast } from "../devnet/cast.ts";
import { startDevnet } from "../devnet/index.ts";
import { openSeenRecords } from "../offchain/actors/index.ts";
import { ask, type Hex32, recordIdOf, transact } from "../offchain/chain/index.ts";
import { eventsOf, insertEvents, type NewEvent } from "../relayer/database/events.ts";
import { openDatabase } from "../relayer/database/open.ts";
import { quantile } from "./measure.ts";
import type { Report, RunOptions, Table } from "./report.ts";

/** Things of one kind in a store of `count` of them. */
interface Row {
  readonly count: number;
  /** Milliseconds to add one more, in batches. */
  readonly add: number;
  /** Milliseconds to read one. */
  readonly read: number;
  /** What one takes: bytes on disk, or gas. */
  readonly each: number;
  /** Of the process, MiB. */
  readonly memory: number;
}

interface Subject {
  readonly title: string;
  readonly each: string;
  readonly rows: readonly Row[];
}

const BATCH = 50;
const READS = 15;

const NOTES = [
  "Each subject is filled to the counts of its table in turn; the last batches before a count give the time to add, reads of things drawn at " +
    "random that to read. Processor and disk are shared by client and server. A slope is between the first count and the last: 0 is " +
    "no growth, 1 is in step with the count.",
  "Gas is what a chain pays for its state: constant gas per record is state that grows in step with the records, and no more. The access log " +
    "is a chain of hashes: an entry costs the same whatever its length (docs/gas.md).",
];

/** Benchmarks growth. */
export async function benchGrowth({ quick }: RunOptions): Promise<Report> {
  const most = (full: number): number[] =>
    [100, 1_000, 10_000, 100_000].filter((count) => count <= (quick ? 1_000 : full));
  const subjects = [
    await databaseGrowth(most(100_000)),
    await seenRecordsGrowth(most(10_000)),
    await chainGrowth(most(10_000)),
  ];
  return {
    title: "Growth",
    measurements: [],
    ratios: {},
    watched: Object.fromEntries(
      subjects
        .filter(({ each }) => each === "gas")
        .map(({ title, rows }) => [
          `${title}: gas of one, first count over last`,
          (rows[0]?.each ?? 0) / (rows.at(-1)?.each ?? 0),
        ]),
    ),
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

function tableOf({ title, each, rows }: Subject): Table {
  return {
    title,
    columns: ["count", "add one, ms", "read one, ms", each, "memory of the process, MiB"],
    rows: rows.map((row) => [row.count, row.add, row.read, row.each, Math.round(row.memory)]),
  };
}

/** Slopes in doubly logarithmic axes. */
function slopesOf(subjects: readonly Subject[]): Table {
  return {
    title: "Slopes",
    columns: ["", "time to add one", "time to read one", "size of one"],
    rows: subjects.map(({ title, rows }) => {
      const [first, last] = [rows[0], rows.at(-1)];
      const slope = (of: (row: Row) => number): string =>
        first === undefined || last === undefined
          ? "–"
          : (Math.log(of(last) / of(first)) / Math.log(last.count / first.count)).toFixed(2);
      return [title, slope(({ add }) => add), slope(({ read }) => read), slope(({ each }) => each)];
    }),
  };
}

interface Store {
  /** Adds `BATCH` things. */
  add(): Promise<void>;
  /** Reads one that is there. */
  read(): Promise<void>;
  /** What `count` things take: in all, or of one. */
  size(count: number): Promise<number>;
}

async function grow(counts: readonly number[], store: Store): Promise<Row[]> {
  const rows: Row[] = [];
  let filled = 0;
  for (const count of counts) {
    const adds: number[] = [];
    while (filled < count) {
      const started = performance.now();
      await store.add();
      adds.push((performance.now() - started) / BATCH);
      filled += BATCH;
    }
    const reads: number[] = [];
    for (let i = 0; i < READS; i += 1) {
      const started = performance.now();
      await store.read();
      reads.push(performance.now() - started);
    }
    const median = (values: readonly number[]) =>
      quantile(
        values.toSorted((a, b) => a - b),
        0.5,
      );
    rows.push({
      count,
      add: median(adds.slice(-READS)),
      read: median(reads),
      each: await store.size(count),
      memory: process.memoryUsage.rss() / 2 ** 20,
    });
  }
  return rows;
}

const drawHex = (): Hex32 => `0x${randomBytes(32).toString("hex")}`;
const pick = <Value>(values: readonly Value[]): Value => {
  const value = values[Math.floor(Math.random() * values.length)];
  if (value === undefined) throw new Error("nothing was added");
  return value;
};

/** Events of requests in the relayer's own table, in PGlite, as its watcher stores them. */
async function databaseGrowth(counts: readonly number[]): Promise<Subject> {
  await using stack = new AsyncDisposableStack();
  const directory = await temporary(stack);
  const database = stack.adopt(await openDatabase({ directory }), (each) => each.close());
  const requestIds: Hex32[] = [];
  let sequence = 0;
  const add = async (): Promise<void> => {
    const events = Array.from({ length: BATCH }, (): NewEvent => {
      sequence += 1;
      const requestId = drawHex();
      requestIds.push(requestId);
      const payload = { requestId, recordId: drawHex(), requester: drawHex(), expiry: 1_800_000_000 };
      const [blockHash, transactionHash] = [drawHex(), drawHex()];
      return {
        outbox: "requests",
        sequence,
        kind: "AccessRequested",
        requestId,
        payload,
        block: sequence,
        blockHash,
        transactionHash,
      };
    });
    await database.transaction((tx) => insertEvents(tx, 31_338n, events));
  };
  const read = async (): Promise<void> => {
    const found = await eventsOf(database, pick(requestIds));
    if (found.length !== 1) throw new Error("an event that was stored is not there");
  };
  const size = async (count: number): Promise<number> => {
    const [row] = await database.query("SELECT pg_total_relation_size('relayer.events')::float8 AS bytes");
    return (row as { bytes: number }).bytes / count; // one row of that column, as the statement says
  };
  return {
    title: "Events in the relayer's database",
    each: "bytes of one, with indexes",
    rows: await grow(counts, { add, read, size }),
  };
}

/** Record ids that a firewall has let through, durably on disk. */
async function seenRecordsGrowth(counts: readonly number[]): Promise<Subject> {
  await using stack = new AsyncDisposableStack();
  const directory = await temporary(stack);
  const seen = await openSeenRecords(directory);
  const ids: Uint8Array[] = [];
  const add = async (): Promise<void> => {
    for (let i = 0; i < BATCH; i += 1) {
      const id = new Uint8Array(randomBytes(32));
      ids.push(id);
      if (!(await seen.add(id))) throw new Error("a new id was taken for a seen one");
    }
  };
  const read = async (): Promise<void> => {
    if (!(await seen.has(pick(ids)))) throw new Error("an id that was added is not there");
  };
  // Empty files: what they take is their names in folders.
  const size = async (count: number): Promise<number> => {
    const shards = await readdir(directory);
    const folders = await Promise.all(shards.map((shard) => stat(join(directory, shard))));
    return folders.reduce((sum, folder) => sum + folder.size, 0) / count;
  };
  return {
    title: "Record ids at a firewall",
    each: "bytes of one, of its folder",
    rows: await grow(counts, { add, read, size }),
  };
}

/** Records anchored on chain A, by a batch a transaction. */
async function chainGrowth(counts: readonly number[]): Promise<Subject> {
  await using stack = new AsyncDisposableStack();
  const devnet = stack.adopt(await startDevnet(), (each) => each.close());
  const cast = stack.adopt(await assembleCast(devnet), (each) => each.close());
  const { chain, memberId } = cast.patient;
  const recordIds: Hex32[] = [];
  let gas = 0n;
  const add = async (): Promise<void> => {
    const anchors = Array.from({ length: BATCH }, () => ({
      owner: memberId,
      salt: drawHex(),
      capsule: drawHex(),
      publicFragment: drawHex(),
      privateFragment: drawHex(),
      maxAccessCount: 1,
    }));
    const receipt = await transact(chain, () => chain.records.anchorBatch(anchors));
    gas = receipt.gasUsed;
    recordIds.push(...anchors.map(({ owner, salt }) => recordIdOf(owner, salt)));
  };
  const read = async (): Promise<void> => {
    const { status } = await ask(chain, () => chain.records.record(pick(recordIds)));
    if (status === 0n) throw new Error("a record that was anchored is not there");
  };
  return {
    title: "Records on chain A",
    each: "gas",
    rows: await grow(counts, { add, read, size: async () => Number(gas) / BATCH }),
  };
}

async function temporary(stack: AsyncDisposableStack): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "medexchain-bench-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
