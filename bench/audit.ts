import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { verifyHistory } from "../audit/index.ts";
import { deploymentSchema } from "../offchain/chain/index.ts";
import type { Report } from "./report.ts";

export interface AuditBenchOptions {
  readonly entries: number;
  readonly report: (line: string) => void;
}

/** What was measured, beside the usual. */
export interface AuditReport extends Report {
  /** Resident memory of the audit in MiB, when a quarter, a half, three quarters and all of its time had passed. */
  readonly memory: readonly number[];
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Times `medex audit verify` over a generated history of so many ledger entries, each with its whole request: seven logs on two chains,
 * a requester's signature at each end, a relayer's on the answer. The nodes run in a process of their own on the same processors.
 */
export async function benchAudit({ entries, report }: AuditBenchOptions): Promise<AuditReport> {
  const directory = await mkdtemp(join(tmpdir(), "medex-bench-audit-"));
  const node = fork(new URL("./audit/generated-node.ts", import.meta.url), [directory, String(entries)]);
  try {
    const [message] = await Promise.race([
      once(node, "message"),
      once(node, "exit").then(() => {
        throw new Error("the generator ended early");
      }),
    ]);
    const deployments = z.array(deploymentSchema).parse(message);
    const samples: number[] = [];
    const sampler = setInterval(() => samples.push(process.memoryUsage.rss() / 2 ** 20), 250);
    const seconds: Record<string, number> = {};
    const started = performance.now();
    let stage = { name: "", from: started };
    const next = (name: string) => {
      const now = performance.now();
      if (stage.name !== "") seconds[stage.name] = (now - stage.from) / 1000;
      stage = { name, from: now };
      samples.push(process.memoryUsage.rss() / 2 ** 20);
    };
    const processor = process.cpuUsage();
    const verdict = await verifyHistory({
      sources: deployments.map((deployment) => ({
        name: `${deployment.chainId}`,
        deployment,
        fromBlock: 0,
        confirmations: 0,
      })),
      directory,
      onStage: (name) => {
        report(name);
        next(name);
      },
    });
    next("");
    clearInterval(sampler);
    const all = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(processor);
    const found = verdict.chains.reduce((sum, chain) => sum + chain.entries, 0n);
    if (!verdict.passed || found !== BigInt(entries)) {
      throw new Error(
        `the audit of an honest history did not pass: ${verdict.findings
          .slice(0, 3)
          .map(({ code, message, evidence }) => [code, message, evidence.expected, evidence.found].join(" "))
          .join("; ")}`,
      );
    }
    const memory = [0.25, 0.5, 0.75, 1].map(
      (share) => samples[Math.max(0, Math.ceil(samples.length * share) - 1)] ?? Number.NaN,
    );
    const took = { ...seconds, all, "processor time of the audit": (user + system) / 1e6 };
    return {
      title: `audit of ${entries} ledger entries`,
      measurements: Object.entries(took).map(([name, value]) => {
        const ms = value * 1000;
        return { name, rounds: 1, median: ms, lowerQuartile: ms, upperQuartile: ms };
      }),
      ratios: { "memory at the end over a quarter of the way": (memory[3] ?? Number.NaN) / (memory[0] ?? Number.NaN) },
      memory,
      seconds: took,
      notes: [
        `memory at 25, 50, 75, 100 % of the samples: ${memory.map((mib) => `${mib.toFixed(0)} MiB`).join(", ")}`,
        "The history was generated, not executed: encoded by ethers, folded and signed by the generator. Reading and all checks but " +
          "fragments are inside; generating is not.",
      ],
    };
  } finally {
    node.disconnect();
    if (node.exitCode === null) await once(node, "exit");
    await rm(directory, { recursive: true, force: true });
  }
}
