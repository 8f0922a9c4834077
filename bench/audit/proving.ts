/** What proving costs: the same sealed history audited twice, its headers believed and its headers proven. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuditSource, verifyHistory } from "@medexchain/audit";
import { deploymentSchema } from "@medexchain/chain";
import { z } from "zod";
import type { Report } from "../report.ts";
import { blockSealer } from "./block-sealer.ts";

interface Audited {
  readonly wall: number;
  readonly processor: number;
  readonly blocks: number | undefined;
}

export async function benchProving(entries: number): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), "medex-bench-proving-"));
  const program = new URL("./generated-node.ts", import.meta.url);
  const nodes = ["a", "b"].map((side) => fork(program, [directory, String(entries), side, "sealed"]));
  try {
    const told = await Promise.all(nodes.map(async (node) => (await once(node, "message"))[0]));
    const { validators } = await blockSealer();
    const sources = z
      .array(deploymentSchema)
      .parse(told)
      .map((deployment) => ({
        name: `${deployment.chainId}`,
        deployment,
        fromBlock: 0,
        confirmations: 0,
      }));
    const believed = await audited(sources, join(directory, "believed"), entries);
    const proven = await audited(
      sources.map((source) => ({ ...source, validators })),
      join(directory, "proven"),
      entries,
    );
    return reportOf(entries, believed, proven);
  } finally {
    for (const node of nodes) if (node.connected) node.disconnect();
    await Promise.all(nodes.map((node) => node.exitCode === null && once(node, "exit")));
    await rm(directory, { recursive: true, force: true });
  }
}

async function audited(sources: readonly AuditSource[], directory: string, entries: number): Promise<Audited> {
  const [started, used] = [performance.now(), process.cpuUsage()];
  const { passed, chains, findings } = await verifyHistory({ sources, directory });
  const { user, system } = process.cpuUsage(used);
  const found = chains.reduce((sum, chain) => sum + chain.entries, 0n);
  if (!passed || found !== BigInt(entries)) {
    const said = findings.slice(0, 3).map(({ code, message, evidence }) => [code, message, evidence.found].join(" "));
    throw new Error(`the audit of an honest history did not pass: ${said.join("; ")}`);
  }
  const blocks = chains.map(({ proof }) => proof?.blocks).filter((each) => each !== undefined);
  return {
    wall: (performance.now() - started) / 1000,
    processor: (user + system) / 1e6,
    blocks: blocks.length > 0 ? blocks.reduce((sum, each) => sum + each, 0) : undefined,
  };
}

function reportOf(entries: number, believed: Audited, proven: Audited): Report {
  return {
    title: `Audit of ${entries} ledger entries, headers believed and proven`,
    measurements: [],
    ratios: { "processor time of an audit, proven over believed": proven.processor / believed.processor },
    tables: [
      {
        title: "Seconds, reading and all checks",
        columns: ["headers", "wall", "processor", "proven blocks"],
        rows: [
          ["believed", believed.wall, believed.processor, "none"],
          ["proven", proven.wall, proven.processor, proven.blocks ?? 0],
          ["proven over believed", proven.wall / believed.wall, proven.processor / believed.processor, ""],
        ],
        note: "four validators, three seals a block; every transaction and receipt is in the roots; one after the other, on the same generated nodes",
      },
    ],
  };
}
