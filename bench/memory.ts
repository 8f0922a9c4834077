/** What the `medex` command takes in memory for records as large as they may be: each step in a process of its own. */
import { deepStrictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type CommandWorld, startCommandWorld } from "./memory/command-world.ts";
import { bulkData, image, type LargeRecord, minifiedBundle, terseBundle } from "./memory/large-records.ts";
import type { Report, RunOptions } from "./report.ts";

const MEBIBYTE = 1024 * 1024;
/** A sixteenth of the limits, with `--quick`. */
const QUICK = 1 / 16;

/** Records at their limits, with what a step of one may take, in MiB: docs/records.md promises it. */
export const LARGEST: readonly { readonly make: (share: number) => LargeRecord; readonly limit: number }[] = [
  { make: (share) => minifiedBundle(16 * MEBIBYTE * share), limit: 900 },
  { make: (share) => terseBundle(16 * MEBIBYTE * share), limit: 1100 },
  { make: (share) => bulkData(64 * MEBIBYTE * share), limit: 700 },
  { make: (share) => image(64 * MEBIBYTE * share), limit: 700 },
];

const NOTES = [
  "The largest resident set of each command, as the system counts it (`getrusage`), and its time from start to end, with the services of a " +
    "development network on the same machine. minified.json is laboratory results as record systems export them, on one line; terse.json as many " +
    "small values as results can have; both and bulk.ndjson by the policy identifiers; half of image.bin is private.",
];

export interface StepMemory {
  readonly step: "preview" | "publish" | "approve" | "open";
  /** MiB. */
  readonly peak: number;
  /** Milliseconds. */
  readonly wall: number;
}

const published = z.object({ recordId: z.string() });
const requested = z.object({ requestId: z.string() });

/** Takes a record from preview to opening, and compares what came back. */
export async function measureRecord(world: CommandWorld, record: LargeRecord): Promise<StepMemory[]> {
  const file = join(world.folder, record.name);
  const opened = `${file}.opened`;
  await writeFile(file, record.bytes);
  const steps: StepMemory[] = [];
  const step = async (name: StepMemory["step"], person: "patient" | "doctor", ...args: string[]): Promise<unknown> => {
    const { result, peak, wall } = await world.run(person, ...args);
    steps.push({ step: name, peak: peak / MEBIBYTE, wall });
    return result;
  };
  await step("preview", "patient", "record", "preview", file, ...record.selection);
  const { recordId } = published.parse(
    await step("publish", "patient", "record", "publish", file, "--yes", ...record.selection),
  );
  const { requestId } = requested.parse((await world.run("doctor", "access", "request", recordId)).result);
  await step("approve", "patient", "access", "approve", requestId, "--yes", "--wait", "300");
  await step("open", "doctor", "access", "open", requestId, "--output", opened, "--wait", "300");
  deepStrictEqual(await digestOf(opened), await digestOf(file));
  return steps;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(file)) hash.update(bytes);
  return hash.digest("hex");
}

/** Benchmarks it. */
export async function benchMemory({ quick }: RunOptions): Promise<Report> {
  await using world = await startCommandWorld();
  const rows: (string | number)[][] = [];
  for (const { make, limit } of LARGEST) {
    const record = make(quick ? QUICK : 1);
    const size = (record.bytes.length / MEBIBYTE).toFixed(1);
    for (const { step, peak, wall } of await measureRecord(world, record)) {
      rows.push([record.name, size, step, Math.round(peak), limit, (wall / 1000).toFixed(1)]);
    }
  }
  return {
    title: "Memory of the command, by record and step",
    measurements: [],
    ratios: {},
    tables: [{ title: "Peaks", columns: ["record", "MiB", "step", "peak, MiB", "limit, MiB", "seconds"], rows }],
    notes: NOTES,
  };
}
