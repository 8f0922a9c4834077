import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Verdict, verifyHistory } from "@medexchain/audit";
import { type Deployment, deploymentSchema } from "@medexchain/chain";
import { z } from "zod";
import { parseEntries } from "./audit/options.ts";
import type { Report, RunOptions } from "./report.ts";

const ENTRIES = { full: 100_000, quick: 2_000 };
/** Entries that come before the second run. */
const ADDED = { full: 1_000, quick: 500 };
const SAMPLE_MS = 250;
const MIB = 2 ** 20;

/** What one stage of the verification took, in seconds. */
interface Stage {
  readonly name: string;
  readonly wall: number;
  /** Of this process, with its threads. */
  readonly processor: number;
  /** Of the thread that replays; the others check signatures. */
  readonly main: number;
}

/**
 * Times `medex audit verify` over a generated history of so many ledger entries, each with its whole request: seven logs on two chains,
 * a requester's signature at each end, a relayer's on the answer; and over it again once there are some more. The nodes run in processes of
 * their own on the same processors.
 */
export async function benchAudit({ quick, given = {} }: RunOptions): Promise<Report> {
  const size = quick ? "quick" : "full";
  const entries = parseEntries(given.entries ?? given.requests ?? ENTRIES[size]);
  if (given.proven !== undefined) return (await import("./audit/proving.ts")).benchProving(entries);
  const added = ADDED[size];
  const directory = await mkdtemp(join(tmpdir(), "medex-bench-audit-"));
  const program = new URL("./audit/generated-node.ts", import.meta.url);
  const nodes = ["a", "b"].map((side) => fork(program, [directory, String(entries), side]));
  try {
    const deployments = z.array(deploymentSchema).parse(await Promise.all(nodes.map(answerOf)));
    const first = await verifyTimed(deployments, directory, entries);
    const grow = async (count: number) => {
      for (const node of nodes) node.send(count);
      const served = z.array(z.number()).parse(await Promise.all(nodes.map(answerOf)));
      return served.reduce((sum, each) => sum + each, 0);
    };
    const served = await grow(entries + added);
    const second = await verifyTimed(deployments, directory, entries + added);
    return reportOf(entries, added, first, second.stages, served);
  } finally {
    for (const node of nodes) if (node.connected) node.disconnect();
    await Promise.all(nodes.map((node) => node.exitCode === null && once(node, "exit")));
    await rm(directory, { recursive: true, force: true });
  }
}

async function answerOf(node: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  try {
    const { signal } = ended;
    const exit = once(node, "exit", { signal }).then(() => Promise.reject(new Error("the generator ended early")));
    const [message] = await Promise.race([once(node, "message", { signal }), exit]);
    return message;
  } finally {
    ended.abort();
  }
}

async function verifyTimed(deployments: readonly Deployment[], directory: string, entries: number) {
  const memory: { readonly seconds: number; readonly mib: number }[] = [];
  const started = performance.now();
  const sample = () =>
    memory.push({ seconds: (performance.now() - started) / 1000, mib: process.memoryUsage.rss() / MIB });
  const sampler = setInterval(sample, SAMPLE_MS);
  const stages: Stage[] = [];
  let at = { name: "reading the chains", ...clocks() };
  const next = (name: string) => {
    const now = clocks();
    const taken = { wall: now.wall - at.wall, processor: now.processor - at.processor, main: now.main - at.main };
    stages.push({ name: at.name, ...taken });
    at = { name, ...now };
    sample();
  };
  try {
    const verdict = await verifyHistory({
      sources: deployments.map((deployment) => ({
        name: `${deployment.chainId}`,
        deployment,
        fromBlock: 0,
        confirmations: 0,
      })),
      directory,
      onStage: next,
    });
    next("the end");
    requirePassed(verdict, entries);
    return { stages, memory };
  } finally {
    clearInterval(sampler);
  }
}

/** Seconds so far. */
function clocks(): Omit<Stage, "name"> {
  const seconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1e6;
  return {
    wall: performance.now() / 1000,
    processor: seconds(process.cpuUsage()),
    main: seconds(process.threadCpuUsage()),
  };
}

function requirePassed({ passed, chains, findings }: Verdict, entries: number): void {
  const found = chains.reduce((sum, chain) => sum + chain.entries, 0n);
  if (passed && found === BigInt(entries)) return;
  const first = findings
    .slice(0, 3)
    .map(({ code, message, evidence }) => [code, message, evidence.expected, evidence.found].join(" "));
  throw new Error(`the audit of an honest history did not pass: ${first.join("; ")}`);
}

function reportOf(
  entries: number,
  added: number,
  { stages, memory }: Awaited<ReturnType<typeof verifyTimed>>,
  second: readonly Stage[],
  served: number,
): Report {
  const all = allOf("all", stages);
  const again = allOf(`a second run, after ${added} new entries`, second);
  const memoryAt = (share: number) => memory[Math.max(0, Math.ceil(memory.length * share) - 1)]?.mib ?? Number.NaN;
  return {
    title: `Audit of ${entries} ledger entries`,
    measurements: [],
    ratios: { "memory at a quarter of the way over the end": memoryAt(0.25) / memoryAt(1) },
    watched: {
      [`processor time of ${entries} entries, over that of ${added} more in a second run`]:
        all.processor / again.processor,
    },
    tables: [
      {
        title: "Seconds, stage by stage",
        columns: ["stage", "wall", "processor", "of it the replaying thread", "of it the signatures' threads"],
        rows: [...stages, all, again].map(({ name, wall, processor, main }) => [
          name,
          wall,
          processor,
          main,
          processor - main,
        ]),
        note: `the two nodes' processes took ${served.toFixed(1)} s of processor time meanwhile, on the same processors`,
      },
      {
        title: "Resident memory, MiB",
        columns: ["25 % of the time", "50 %", "75 %", "100 %"],
        rows: [[0.25, 0.5, 0.75, 1].map(memoryAt)],
      },
    ],
    plots: [
      {
        file: "audit-memory",
        title: `Memory of an audit of ${entries} entries`,
        kind: "line",
        x: "seconds",
        y: "MiB",
        points: thinned(memory).map(({ seconds, mib }) => ({ series: "resident", x: seconds, y: mib })),
      },
    ],
    notes: [
      "The history was generated, not executed: encoded, folded and signed by the generator, the first of each event checked by ethers. Reading and all checks but " +
        "fragments are inside; generating is not. The signatures' threads are started with the first full batch.",
      "What the replaying thread's time goes to, and what would make less of it: docs/audit.md, How long it takes.",
    ],
  };
}

function allOf(name: string, stages: readonly Stage[]): Stage {
  const sum = (of: (stage: Stage) => number) => stages.reduce((total, stage) => total + of(stage), 0);
  return {
    name,
    wall: sum(({ wall }) => wall),
    processor: sum(({ processor }) => processor),
    main: sum(({ main }) => main),
  };
}

/** A hundred points at most. */
function thinned<T>(points: readonly T[]): T[] {
  const step = Math.ceil(points.length / 100);
  return points.filter((_, at) => at % step === 0);
}
