/** Runs Scyther on a model. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify, stripVTControlCharacters } from "node:util";

const run = promisify(execFile);

/** What Scyther says of a claim: that it holds for any number of runs, within the bound, that an attack breaks it, or that nothing reaches it. */
export type Verdict = "holds" | "holds within bounds" | "fails" | "does not occur";

/** What is asked of a model. */
export interface Question {
  /** The model's file. */
  readonly file: string;
  /** Most runs of roles at once. */
  readonly runs: number;
  /** Only one run of each role, each by another agent. */
  readonly isOneSession?: boolean;
  /** The claims that are asked, `PROTOCOL,LABEL`, one after the other; all at once unless given. */
  readonly claims?: readonly string[];
}

/** Verdicts by claim, `ROLE CLAIM`. */
export async function claimsOf(binary: string, question: Question): Promise<Record<string, Verdict>> {
  const { file, runs, isOneSession = false, claims } = question;
  const options = ["-r", String(runs), ...(isOneSession ? ["--max-of-role=1", "--one-role-per-agent"] : [])];
  const model = fileURLToPath(new URL(file, import.meta.url));
  const found: Record<string, Verdict> = {};
  for (const filter of claims?.map((claim) => [`--filter=${claim}`]) ?? [[]]) {
    Object.assign(found, verdictsOf(await outputOf(binary, [...options, ...filter, model])));
  }
  return found;
}

async function outputOf(binary: string, args: readonly string[]): Promise<string> {
  // Scyther's exit code says what it found, and is hardly ever 0. Where it failed, there are no claims in its output.
  const { stdout } = await run(binary, args, { maxBuffer: 2 ** 24 }).catch(
    (error: { code?: unknown; stdout?: string }) => {
      if (typeof error.code === "number" && typeof error.stdout === "string") return { stdout: error.stdout };
      throw error;
    },
  );
  return stdout;
}

/** The lines that begin with `claim`. */
export function verdictsOf(output: string): Record<string, Verdict> {
  // Scyther colours its words for a terminal, even where there is none.
  const plain = stripVTControlCharacters(output);
  const entries = [...plain.matchAll(/^claim\t\w+,(\w+)\t([A-Za-z]+)_\w+\t(\S*)\t(Ok|Fail)\t\[(.*)\]/gm)].map(
    ([, role, claim, term, verdict, comment]) =>
      [`${role} ${claim}${term === "-" ? "" : ` ${term}`}`, verdictFrom(verdict === "Ok", comment ?? "")] as const,
  );
  if (entries.length === 0) throw new Error(`Scyther printed no claims:\n${output}`);
  return Object.fromEntries(entries);
}

function verdictFrom(isOk: boolean, comment: string): Verdict {
  if (!isOk) return "fails";
  if (comment.includes("does not occur")) return "does not occur";
  return comment.includes("within bounds") ? "holds within bounds" : "holds";
}

export async function versionOf(binary: string): Promise<string> {
  const { stdout, stderr } = await run(binary, ["--version"]);
  return (
    /Scyther version (.*?)\.?$/m.exec(stdout + stderr)?.[1]?.replace(/^b'(.*)'$/, "$1") ??
    "of a version that it does not tell"
  );
}
