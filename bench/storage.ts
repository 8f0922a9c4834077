/** The Tangle (create, attach, fetch) and IPFS (add, cat) by size of message, on the embedded servers, by the real clients. */
import { deepStrictEqual } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as dagCbor from "@ipld/dag-cbor";
import { createContentStore } from "@medexchain/ipfs";
import { channelRootOf, createTangleClient, publishMessage, readMessage } from "@medexchain/tangle";
import { startIpfsServer } from "../devnet/ipfs/index.ts";
import { DEFAULT_MIN_POW_SCORE, startTangleServer } from "../devnet/tangle/index.ts";
import { figureOf, type Sample, summarise, type Timed } from "./measure.ts";
import type { Report, RunOptions } from "./report.ts";

const SIZES = [100, 1_000, 10_000, 100_000, 1_000_000] as const;
const QUICK_SIZES = SIZES.slice(0, 3);
const STEPS = ["Tangle create", "Tangle attach", "Tangle fetch", "IPFS add", "IPFS cat"] as const;
type Step = (typeof STEPS)[number];

const NOTES = [
  "Tangle: restricted channels. Create is key derivation, encryption and signature; attach is the proof of work of all blocks and sending them; " +
    "fetch reads head and chunks, checks and decrypts. A block holds up to 32 KiB. Attach is nearly all proof of work, in WebAssembly, " +
    `though the embedded node asks for a score of ${DEFAULT_MIN_POW_SCORE} only: three times the bytes are a trit more of work. Against a ` +
    "network with a usual score it is minutes per block.",
  "IPFS: add is hashing, storing and pinning a document (above 1 MiB in chunks), cat is reading it with every block's hash checked.",
  "Client and servers share one process and one disk: there is no network between them.",
];

/** Benchmarks both. */
export async function benchStorage({ quick, rounds = quick ? 3 : 5 }: RunOptions): Promise<Report> {
  const sizes = quick ? QUICK_SIZES : SIZES;
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "medexchain-bench-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const tangle = stack.adopt(await startTangleServer({ directory: join(directory, "tangle") }), (each) => each.close());
  const ipfs = stack.adopt(await startIpfsServer({ directory: join(directory, "ipfs") }), (each) => each.close());
  const client = stack.adopt(createTangleClient({ url: tangle.url }), (each) => each.close());
  const store = createContentStore({ url: ipfs.url });

  const samples = new Map<string, Sample[]>();
  const blocks = new Map<number, number>();
  const note = (step: Step, size: number, wall: number): void => {
    const name = nameOf(step, size);
    samples.set(name, [...(samples.get(name) ?? []), { wall, cpu: Number.NaN }]);
  };
  for (let round = 0; round <= rounds; round += 1) {
    for (const size of sizes) {
      const payload = new Uint8Array(randomBytes(size));
      const author = { secretKey: randomBytes(32) };
      const access = { mode: "restricted", sideKeys: [randomBytes(32)] } as const;
      const channelId = randomBytes(32);
      const message = await publishMessage({ client, author, access, channelId, payload });
      const root = channelRootOf(author);
      const { headBlockId } = message;
      const read = await readMessage({ client, root, access, channelId, sequence: 0, headBlockId });
      deepStrictEqual(Buffer.from(read.payload), Buffer.from(payload));
      const document = dagCbor.encode(payload);
      const adding = performance.now();
      const { cid } = await store.put(document);
      const added = performance.now();
      const answer = await store.get(cid);
      const done = performance.now();
      deepStrictEqual(Buffer.from(answer), Buffer.from(document));
      blocks.set(size, message.chunkBlockIds.length + 1);
      if (round === 0) continue;
      note("Tangle create", size, message.timings.create);
      note("Tangle attach", size, message.timings.attach);
      note("Tangle fetch", size, read.timings.fetch);
      note("IPFS add", size, added - adding);
      note("IPFS cat", size, done - added);
    }
  }
  const measurements = [...samples].map(([name, all]): Timed => summarise(name, all));
  return {
    title: "Tangle and IPFS by size",
    measurements: measurements.map(({ cpu: _, ...each }) => each),
    ratios: {},
    tables: [
      {
        title: "Median milliseconds",
        columns: ["bytes", "Tangle blocks", ...STEPS],
        rows: sizes.map((size) => [
          size,
          blocks.get(size) ?? Number.NaN,
          ...STEPS.map((step) => figureOf(measurements, nameOf(step, size))),
        ]),
      },
    ],
    plots: [
      {
        file: "tangle-ipfs-sizes",
        title: "Tangle and IPFS by size of message",
        kind: "line",
        x: "bytes",
        y: "ms",
        log: ["x", "y"],
        points: STEPS.flatMap((step) =>
          sizes.map((size) => ({ series: step, x: size, y: figureOf(measurements, nameOf(step, size)) })),
        ),
      },
    ],
    notes: NOTES,
  };
}

const nameOf = (step: Step, size: number): string => `${step}, ${size} bytes`;
