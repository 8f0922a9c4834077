/** Runs Scyther on a model. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify, stripVTControlCharacters } from "node:util";

const run = promisify(execFile);

/** What Scyther says of a claim: that it holds for any number of runs, within the bound, that an attack breaks it, or that nothing reaches it. */
export type Verdict = "holds" | "holds within bounds" | "fails" | "does not occur";

/** Verdicts by claim, `ROLE CLAIM`, with as many runs of roles at once as given. */
export async function claimsOf(binary: string, model: string, runs: number): Promise<Record<string, Verdict>> {
  const file = fileURLToPath(new URL(model, import.meta.url));
  // Scyther's exit code says what it found, and is hardly ever 0. Where it failed, there are no claims in its output.
  const output = await run(binary, ["-r", String(runs), file], { maxBuffer: 2 ** 24 }).catch(
    (error: { code?: unknown; stdout?: string }) => {
      if (typeof error.code === "number" && typeof error.stdout === "string") return { stdout: error.stdout };
      throw error;
    },
  );
  return verdictsOf(output.stdout);
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
