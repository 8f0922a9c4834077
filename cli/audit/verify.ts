import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { styleText } from "node:util";
import {
  type ChainProof,
  type Finding,
  type GivenReceipt,
  type StorageServices,
  type Verdict,
  verifyHistory,
} from "@medexchain/audit";
import { MedexError } from "@medexchain/core";
import type { Context } from "../context.ts";
import { abortOnSignal } from "../output/abort-on-signal.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { readConfig } from "../session/config.ts";
import { openSession } from "../session/session.ts";
import { auditVerifyOutput } from "./outputs.ts";
import { auditFolder, auditSources, forgetReading, readingProgress } from "./sources.ts";

interface VerifyCommandOptions {
  readonly witness?: readonly string[];
  readonly fragments?: string;
  readonly skipStorage?: boolean;
  readonly partials?: boolean;
  readonly forget?: boolean;
  readonly afresh?: boolean;
  readonly receipts?: string;
}

/** `medex audit verify`. */
export async function verify(context: Context, options: VerifyCommandOptions): Promise<void> {
  const { output } = context;
  const signal = abortOnSignal();
  const config = await readConfig(context.configFile);
  await using session = await openSession(context);
  const storage: StorageServices | undefined = options.skipStorage
    ? undefined
    : {
        ...(config.ipfs && { store: await session.store() }),
        ...(config.tangle && { tangle: await session.tangle() }),
        ...(options.partials && { partials: true }),
        ...(options.fragments !== undefined && { fragments: await fragmentsIn(options.fragments) }),
      };
  const sources = auditSources(config, options.witness);
  if (options.forget) forgetReading(context, sources);
  using progress = readingProgress();
  const verdict = await verifyHistory({
    sources,
    directory: auditFolder(context),
    observe: progress.observe,
    onStage: (stage) => {
      progress[Symbol.dispose]();
      output.progress(stage);
    },
    signal,
    ...(options.afresh && { afresh: true }),
    ...(options.receipts !== undefined && { receipts: await receiptsIn(options.receipts) }),
    ...(storage && { storage }),
  });
  if (!verdict.passed) process.exitCode = 1;
  output.result(auditVerifyOutput, verdict, () => print(context, verdict));
}

/** More than these are no receipts, or not a folder of them. */
const MOST_RECEIPTS = 10_000;
const MOST_BYTES = 262_144;

/** The files of a folder whose names end in `.json`. What is in them is anyone's. */
async function receiptsIn(folder: string): Promise<GivenReceipt[]> {
  const receipts: GivenReceipt[] = [];
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
    if (names.length > MOST_RECEIPTS)
      throw new WrongUse(`--receipts: ${folder} has more than ${MOST_RECEIPTS} files: give them in parts`);
    for (const name of names) {
      const path = join(folder, name);
      const isSmall = (await stat(path)).size <= MOST_BYTES;
      receipts.push({ name, json: isSmall ? parsed(await readFile(path, "utf8")) : undefined });
    }
  } catch (cause) {
    if (MedexError.is(cause)) throw cause;
    throw new MedexError("INPUT_INVALID", `--receipts: ${folder} cannot be read: check the folder`, { cause });
  }
  return receipts;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no receipt, which the audit tells
  }
}

async function fragmentsIn(folder: string) {
  return (await import("@medexchain/actors/files")).openFragmentStore(folder);
}

const COLOURS = { error: "red", unchecked: "red", warning: "yellow", notice: "dim" } as const;

function print({ output }: Context, { passed, findings, chains }: Verdict): void {
  for (const found of findings) printFinding(output.line, found);
  for (const { chainId, block, provenBefore, entries, requests, studies, proof } of chains) {
    const before = provenBefore === undefined ? "" : ` (up to block ${provenBefore} proven before)`;
    const upTo = block === undefined ? "nothing read" : `up to block ${block}${before}`;
    output.fact(`chain ${chainId}`, `${upTo}, ${entries} entries in its ledger, ${requests} requests made there`);
    if (studies) {
      output.fact("", `${studies.studies} studies, ${studies.released} with a result, of ${studies.patients} patients`);
    }
    if (proof) output.fact("", proofText(proof));
  }
  const count = (severity: Finding["severity"]) => findings.filter((each) => each.severity === severity).length;
  const counts = `${count("error")} wrong, ${count("unchecked")} not checked, ${count("warning")} warnings, ${count("notice")} notices`;
  output.fact("verdict", `${passed ? "nothing is wrong" : "NOT PROVEN"}: ${counts}`);
}

function proofText({ blocks, validators, isStateProven }: ChainProof): string {
  const state = isStateProven ? "and the contracts' state there" : "but not the contracts' state there";
  return `${blocks} blocks proven by the seals of its validators, ${validators.length} at the last, ${state}`;
}

function printFinding(
  line: (text: string) => void,
  { code, severity, message, where, evidence, advice }: Finding,
): void {
  const place = Object.entries(where).map(([name, value]) => `${name} ${value}`);
  line(
    `${styleText(COLOURS[severity], severity.padEnd(9), { stream: process.stdout, validateStream: true })} ${code}: ${message}`,
  );
  if (place.length > 0) line(`          where     ${place.join(", ")}`);
  line(`          expected  ${evidence.expected}`);
  line(`          found     ${evidence.found}`);
  line(`          next      ${advice}`);
}
