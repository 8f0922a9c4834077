/** Runs ProVerif on a scenario. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Scenario } from "./scenarios.ts";

const run = promisify(execFile);

/** The model of a scenario: the file with its markers replaced. @throws where a marker is not in it */
export async function modelOf({ model, changes }: Pick<Scenario, "model" | "changes">): Promise<string> {
  let text = await readFile(new URL(model, import.meta.url), "utf8");
  for (const [marker, replacement] of Object.entries(changes)) {
    if (text.split(marker).length !== 2) throw new Error(`${model} must have "${marker}" once`);
    text = text.replace(marker, () => replacement);
  }
  return text;
}

/** Whether each query holds, in their order; undefined where ProVerif cannot tell. */
export async function holdsOf(binary: string, scenario: Scenario): Promise<(boolean | undefined)[]> {
  const folder = await mkdtemp(join(tmpdir(), "medexchain-proverif-"));
  try {
    const file = join(folder, "scenario.pv");
    await writeFile(file, await modelOf(scenario));
    const { stdout } = await run(binary, [file], { maxBuffer: 2 ** 26 });
    return resultsOf(stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The lines that begin with RESULT, of which a weaker one in brackets may follow. */
export function resultsOf(output: string): (boolean | undefined)[] {
  return [...output.matchAll(/^RESULT (?!\().*? (is true|is false|cannot be proved)/gm)].map(([, verdict]) =>
    verdict === "cannot be proved" ? undefined : verdict === "is true",
  );
}

export async function versionOf(binary: string): Promise<string> {
  const { stdout } = await run(binary, ["-help"]);
  return /Proverif (\S+?)\.? /i.exec(stdout)?.[0].trim() ?? "of a version that it does not tell";
}
