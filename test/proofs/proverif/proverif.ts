/** Runs ProVerif on a scenario. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { QUERIES, type Scenario } from "./scenarios.ts";

const run = promisify(execFile);

/** Each subject's queries in a model, between its mark and that of its end. */
const MARKS = {
  order: /^\(\* Order\..*?^\(\* End of order\. /ms,
  agreement: /\bAgreement\. \*\)$.*?^\(\* End of agreement\. \*\)$/ms,
};

/** Unless a scenario asks something else. */
const ASKED = ["secrecy", "agreement"] as const;

/** What a scenario asks. */
export function queriesOf({ model, asks = ASKED }: Pick<Scenario, "model" | "asks">): string[] {
  return asks.flatMap((subject) => [...QUERIES[model][subject]]);
}

/** The model of a scenario: the file with its markers replaced, without queries that it does not ask. @throws where a marker is not in it */
export async function modelOf({
  model,
  changes,
  asks = ASKED,
}: Pick<Scenario, "model" | "changes" | "asks">): Promise<string> {
  let text = await readFile(new URL(model, import.meta.url), "utf8");
  for (const subject of ["order", "agreement"] as const) {
    if (asks.includes(subject) || QUERIES[model][subject].length === 0) continue;
    if (!MARKS[subject].test(text)) throw new Error(`${model} must have its queries of ${subject} between two marks`);
    text = text.replace(MARKS[subject], subject === "order" ? "(* " : "Agreement is not asked. *)");
  }
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
