/** Table III of the BFV paper: what storing and reading one record takes, and how long its messages are, on the embedded network. */
import { deepStrictEqual } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { DataUser, RecordInput } from "@medexchain/actors";
import { requestStateOf } from "@medexchain/chain";
import { startDevnet } from "@medexchain/devnet";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { assembleCast, type Cast } from "../devnet/cast.ts";
import { quantile } from "./measure.ts";
import type { Report, RunOptions } from "./report.ts";

/** Two private values, of 9 and 10 bytes. */
const SMALL = "name,birth date,heart rate,temperature\nA. Sample,1980-01-31,72,36.6\n";
const LARGE_BYTES = 1_000_000;

const INPUTS: Readonly<Record<string, Omit<RecordInput, "maxAccessCount">>> = {
  "small, 19 bytes private": {
    document: utf8ToBytes(SMALL),
    format: "csv",
    privateSelectors: ["name", "birth date"],
    numericColumns: { "heart rate": "/min", temperature: "Cel" },
  },
  "large, 1 MB, half private": {
    document: new Uint8Array(randomBytes(LARGE_BYTES)),
    format: "binary",
    privateSelectors: [`0-${LARGE_BYTES / 2 - 1}`],
  },
};

/** Steps in their order, with what they are. */
const STEPS = {
  "publish: bfv": "store: keys, split, encrypt both fragments",
  "publish: capsule": "store: M, firewall, capsule",
  "publish: store": "store: IPFS and the owner's vault",
  "publish: anchor": "store: transaction on A",
  "approve: open": "access: the owner opens the record",
  "approve: bfv": "access: private features under the doctor's BFV key",
  "approve: tangle": "access: publish on the Tangle channel",
  "approve: rekey": "access: re-encryption key, firewall, seal",
  "approve: authorize": "access: transaction on A, Algorithm₁",
  relay: "access: relayer, until the answer is on B",
  "open: check": "access: the doctor checks both chains",
  "open: capsule": "access: fetch and open the capsule",
  "open: ipfs": "access: fetch the public fragment from IPFS",
  "open: tangle": "access: fetch the private message from the Tangle",
  "open: bfv": "access: decrypt both fragments",
  "open: assemble": "access: put the record together",
} as const;

type Times = Record<string, number>;

const NOTES = [
  "A whole run each time, by the people's own programs: publish, request, approve, re-encryption by the relayer, open, compare byte for byte. One " +
    "process holds both chains, IPFS, the Tangle and the relayer, so that times include what the others do meanwhile; chains make a " +
    "block for each transaction at once. Medians of the rounds, wall time.",
  "The small record is CSV with two private values of 19 bytes together and two public numbers; the large one is a binary file of 1 MB, of which " +
    "half, rounded to whole chunks, is private. The paper's own figures are not quoted: its text was not available to this project.",
];

/** Benchmarks one record. */
export async function benchRecord({ quick, rounds = quick ? 1 : 3 }: RunOptions): Promise<Report> {
  await using stack = new AsyncDisposableStack();
  const devnet = stack.adopt(await startDevnet(), (each) => each.close());
  const cast = stack.adopt(await assembleCast(devnet), (each) => each.close());
  const inputs = quick ? Object.entries(INPUTS).slice(0, 1) : Object.entries(INPUTS);
  const names = inputs.map(([name]) => name);
  const times: Record<string, Times[]> = Object.fromEntries(names.map((name) => [name, []]));
  const sizes: Record<string, Times> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, [name, input]] of inputs.entries()) {
      const doctor = cast.doctors[i === 0 ? 0 : 1]; // a hospital limits how often one doctor may have access
      const run = await shareOnce(cast, doctor, { ...input, maxAccessCount: 1 });
      times[name]?.push(run.times);
      sizes[name] = run.sizes;
    }
  }
  const median = (name: string, step: string): number =>
    quantile(
      (times[name] ?? []).map((each) => each[step] ?? Number.NaN).toSorted((a, b) => a - b),
      0.5,
    );
  const sumOf = (name: string, kind: string): number =>
    Object.entries(STEPS)
      .filter(([, meaning]) => meaning.startsWith(kind))
      .reduce((sum, [step]) => sum + median(name, step), 0);
  return {
    title: "BFV paper Table III: storing and reading one record",
    measurements: [],
    ratios: {},
    watched: Object.fromEntries(
      names.map((name) => [
        `${name}: record over what is stored and sent, in thousandths`,
        (1000 * (sizes[name]?.document ?? 0)) / totalOf(sizes[name] ?? {}),
      ]),
    ),
    tables: [
      {
        title: `Milliseconds, medians of ${rounds}`,
        columns: ["step", ...names],
        rows: [
          ...Object.entries(STEPS).map(([step, meaning]) => [meaning, ...names.map((name) => median(name, step))]),
          ["store, all", ...names.map((name) => sumOf(name, "store"))],
          ["access, all", ...names.map((name) => sumOf(name, "access"))],
        ],
      },
      {
        title: "Bytes",
        columns: ["", ...names],
        rows: Object.keys(Object.values(sizes)[0] ?? {}).map((size) => [
          size,
          ...names.map((name) => sizes[name]?.[size] ?? Number.NaN),
        ]),
      },
    ],
    plots: [
      {
        file: "table-iii-record",
        title: "One record: time of each step",
        kind: "bar",
        x: "",
        y: "ms",
        points: names.flatMap((name) =>
          Object.keys(STEPS).map((step) => ({ series: name, x: step, y: median(name, step) })),
        ),
      },
    ],
    notes: NOTES,
  };
}

async function shareOnce(cast: Cast, doctor: DataUser, input: RecordInput): Promise<{ times: Times; sizes: Times }> {
  const published = await cast.patient.publish(input);
  const { requestId } = await doctor.request({ recordId: published.recordId, lifetime: 3600 });
  await until(async () => requestStateOf((await cast.chainA.grants.grant(requestId)).state) === "Pending");
  const approval = await cast.patient.approve(requestId);
  if (approval.sent === undefined) throw new Error(`the approval was logged as ${approval.decision}`);
  const approved = performance.now();
  await until(async () => requestStateOf((await cast.chainB.requests.status(requestId)).state) === "Granted");
  const relay = performance.now() - approved;
  const opened = await doctor.open(requestId);
  deepStrictEqual(Buffer.from(opened.document), Buffer.from(input.document));
  const named = (act: string, timings: Readonly<Record<string, number | undefined>>) =>
    Object.entries(timings).map(([step, ms]) => [`${act}: ${step}`, ms ?? Number.NaN]);
  return {
    times: Object.fromEntries([
      ...named("publish", published.timings),
      ...named("approve", approval.timings),
      ["relay", relay],
      ...named("open", opened.timings),
    ]),
    sizes: {
      document: published.sizes.document,
      "capsule, on IPFS": published.sizes.capsule,
      "public fragment, on IPFS": published.sizes.publicFragment,
      "private fragment, in the owner's vault": published.sizes.privateFragment,
      "private message, on the Tangle": approval.sent.sizes.message,
      "Tangle blocks": approval.sent.chunks + 1,
      "sealed re-encryption key, on IPFS": approval.sent.sizes.sealedRekey,
    },
  };
}

function totalOf({ document: _, "Tangle blocks": __, ...stored }: Times): number {
  return Object.values(stored).reduce((sum, bytes) => sum + bytes, 0);
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (!(await isDone())) {
    if (performance.now() > deadline) throw new Error("the relayer carried nothing within two minutes");
    await sleep(10);
  }
}
