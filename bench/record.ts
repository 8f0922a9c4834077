/** Table III of the BFV paper: what storing and reading one record takes, and how long its messages are, on the embedded network. */
import { deepStrictEqual } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { DataUser, RecordInput } from "@medexchain/actors";
import { PROFILES } from "@medexchain/bfv";
import { type Chain, fromHex32, type Hex32, requestStateOf } from "@medexchain/chain";
import { startDevnet } from "@medexchain/devnet";
import { parseSealedReKey } from "@medexchain/pre";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { toBeHex } from "ethers";
import { assembleCast, type Cast } from "../devnet/cast.ts";
import { COMPARED, PAPER_TABLE_III, PAPER_TEXT_LENGTHS } from "./bfv-paper/figures.ts";
import { quantile } from "./measure.ts";
import type { Report, RunOptions } from "./report.ts";
import * as straightforward from "./straightforward/bfv.ts";

/** Two private values, of 9 and 10 bytes. */
const SMALL = "name,birth date,heart rate,temperature\nA. Sample,1980-01-31,72,36.6\n";
const LARGE_BYTES = 1_000_000;

const LARGE = { format: "binary", privateSelectors: [`0-${LARGE_BYTES / 2 - 1}`] } as const;

const INPUTS: Readonly<Record<string, Omit<RecordInput, "maxAccessCount">>> = {
  "small, 19 bytes private": {
    document: utf8ToBytes(SMALL),
    format: "csv",
    privateSelectors: ["name", "birth date"],
    numericColumns: { "heart rate": "/min", temperature: "Cel" },
  },
  "large, 1 MB, half private": { document: new Uint8Array(randomBytes(LARGE_BYTES)), ...LARGE },
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

const TEXT_LENGTHS = Object.entries(PAPER_TEXT_LENGTHS)
  .map(([what, bits]) => `${bits.toLocaleString("en-GB")} bits for ${what}`)
  .join(", ");

const NOTES = [
  "A whole run each time, by the people's own programs: publish, request, approve, re-encryption by the relayer, open, compare byte for byte. One " +
    "process holds both chains, IPFS, the Tangle and the relayer, so that times include what the others do meanwhile; chains make a " +
    "block for each transaction at once. Medians of the rounds, wall time.",
  "The small record is CSV with two private values of 19 bytes together and two public numbers; the large one is a binary file of 1 MB, of which " +
    "half, rounded to whole chunks, is private.",
  `The paper's Table III is *quoted*. Its text reckons other lengths than the table: ${TEXT_LENGTHS}. Neither has room for a ciphertext: one of BFV ` +
    "takes 2·1,024·27 = 55,296 bits at the smallest of its sets, for 19 bytes as for some hundreds. Ours are all the bytes that went out, ciphertexts among " +
    "them, each object once however often it is fetched: documents on IPFS, the message on the Tangle, and the data of all transactions on both chains, " +
    "the relayer's too.",
];

/** Processor time of publishing the large record, and of nothing but encrypting it as SEAL's examples do. */
async function costOfPublishing({ patient }: Cast, rounds: number): Promise<PublishingCost> {
  using context = await straightforward.openContext(PROFILES.standard);
  const keys = straightforward.generateKeys(context);
  // Two bytes in each slot; what they are does not matter to it.
  const { degree } = PROFILES.standard;
  const half = Array.from({ length: Math.ceil(LARGE_BYTES / 2 / (2 * degree)) }, () =>
    new BigInt64Array(degree).fill(1n),
  );
  const costs: PublishingCost[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const input = { ...LARGE, document: new Uint8Array(randomBytes(LARGE_BYTES)), maxAccessCount: 1 };
    let sizes = { publicFragment: 0, privateFragment: 0 };
    const cpu = await processorTime(async () => {
      ({ sizes } = await patient.publish(input));
    });
    const encryption = await processorTime(async () => {
      straightforward.encrypt(context, keys, half, false);
      straightforward.encrypt(context, keys, half, true);
    });
    costs.push({ cpu, straightforward: encryption, fragments: sizes.publicFragment + sizes.privateFragment });
  }
  const medianOf = (key: keyof PublishingCost): number =>
    quantile(
      costs.map((each) => each[key]).toSorted((a, b) => a - b),
      0.5,
    );
  return {
    cpu: medianOf("cpu"),
    straightforward: medianOf("straightforward"),
    fragments: medianOf("fragments"),
  };
}

/** Milliseconds of all threads of the process. */
async function processorTime(run: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

interface PublishingCost {
  readonly cpu: number;
  readonly straightforward: number;
  /** Bytes of both. */
  readonly fragments: number;
}

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
  const publishing = await costOfPublishing(cast, 5);
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
    watched: {
      ...Object.fromEntries(
        names.map((name) => [
          `${name}: record over all that is sent, in thousandths`,
          (1000 * (sizes[name]?.document ?? 0)) /
            (lengthOf(sizes[name] ?? {}, "storage") + lengthOf(sizes[name] ?? {}, "access")),
        ]),
      ),
      "1 MB, half private: record over both fragments": LARGE_BYTES / publishing.fragments,
      "1 MB, half private: SEAL's encryption alone, context kept, over all of publishing":
        publishing.straightforward / publishing.cpu,
    },
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
        title: "Table III: the paper's, and ours",
        columns: ["", ...COMPARED.map((each) => `${each}, *quoted*`), ...names],
        rows: [
          ...(["storage", "access"] as const).map((phase) => [
            `${phase} time, s`,
            ...COMPARED.map((each) => PAPER_TABLE_III[`${phase} time, s`][each]),
            ...names.map((name) => sumOf(name, phase === "storage" ? "store" : "access") / 1000),
          ]),
          ...(["storage", "access"] as const).map((phase) => [
            `${phase} length, bits`,
            ...COMPARED.map((each) => PAPER_TABLE_III[`${phase} length, bits`][each]),
            ...names.map((name) => 8 * lengthOf(sizes[name] ?? {}, phase)),
          ]),
        ],
      },
      {
        title: "Publishing 1 MB, half private: processor time, ms",
        columns: ["all of it", "straightforward: encryption alone", "bytes of both fragments"],
        rows: [[publishing.cpu, publishing.straightforward, publishing.fragments]],
        note: "medians of 5, of the whole process, chains and IPFS in it too",
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
  const { chainA, chainB, store } = cast;
  const before = await headsOf(cast);
  const published = await cast.patient.publish(input);
  const stored = await headsOf(cast);
  const { requestId, request } = await doctor.request({ recordId: published.recordId, lifetime: 3600 });
  await until(async () => requestStateOf((await chainA.grants.grant(requestId)).state) === "Pending");
  const approval = await cast.patient.approve(requestId);
  if (approval.sent === undefined) throw new Error(`the approval was logged as ${approval.decision}`);
  const approved = performance.now();
  await until(async () => requestStateOf((await chainB.requests.status(requestId)).state) === "Granted");
  const relay = performance.now() - approved;
  const accessed = await headsOf(cast);
  const opened = await doctor.open(requestId);
  deepStrictEqual(Buffer.from(opened.document), Buffer.from(input.document));
  const named = (act: string, timings: Readonly<Record<string, number | undefined>>) =>
    Object.entries(timings).map(([step, ms]) => [`${act}: ${step}`, ms ?? Number.NaN]);
  const lengthOfObject = async (digest: Uint8Array): Promise<number> => (await store.get(digest)).length;
  const { shares, digests } = parseSealedReKey(await store.get(fromHex32(approval.sent.sealedRekey)));
  const [partial] = digests;
  if (partial === undefined) throw new Error("a sealed key names no partial");
  return {
    times: Object.fromEntries([
      ...named("publish", published.timings),
      ...named("approve", approval.timings),
      ["relay", relay],
      ...named("open", opened.timings),
    ]),
    sizes: {
      document: published.sizes.document,
      "private fragment, in the owner's vault": published.sizes.privateFragment,
      "Tangle blocks": approval.sent.chunks + 1,
      "storage: capsule, on IPFS": published.sizes.capsule,
      "storage: public fragment, on IPFS": published.sizes.publicFragment,
      "storage: transaction": await dataBetween(chainA, before.a, stored.a),
      "access: key for the private features, on IPFS": await lengthOfObject(
        fromHex32(toBeHex(request.nonce, 32) as Hex32), // 32 bytes in hexadecimal
      ),
      "access: private message, on the Tangle": approval.sent.sizes.message,
      "access: sealed re-encryption key, on IPFS": approval.sent.sizes.sealedRekey,
      "access: sealed shares, on IPFS": await lengthOfObject(shares),
      "access: partial, on IPFS": await lengthOfObject(partial),
      "access: transactions":
        (await dataBetween(chainA, stored.a, accessed.a)) + (await dataBetween(chainB, stored.b, accessed.b)),
    },
  };
}

async function headsOf({ chainA, chainB }: Cast): Promise<{ a: number; b: number }> {
  const [a, b] = await Promise.all([chainA, chainB].map(({ provider }) => provider.getBlockNumber()));
  return { a: a ?? 0, b: b ?? 0 };
}

/** Bytes of data of the transactions to a chain's contracts, after one block and up to another. */
async function dataBetween({ provider, deployment }: Chain, after: number, last: number): Promise<number> {
  const contracts = new Set<unknown>(Object.values(deployment));
  let bytes = 0;
  for (let number = after + 1; number <= last; number += 1) {
    const block = await provider.getBlock(number, true);
    for (const { to, data } of block?.prefetchedTransactions ?? []) {
      if (contracts.has(to)) bytes += (data.length - 2) / 2;
    }
  }
  return bytes;
}

/** Bytes of all that a phase sends. */
function lengthOf(sizes: Times, phase: "storage" | "access"): number {
  return Object.entries(sizes).reduce((sum, [name, bytes]) => (name.startsWith(`${phase}: `) ? sum + bytes : sum), 0);
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (!(await isDone())) {
    if (performance.now() > deadline) throw new Error("the relayer carried nothing within two minutes");
    await sleep(10);
  }
}
