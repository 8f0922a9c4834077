/** Runs Spin on the model: all of its states, or one run drawn from a seed. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const MODEL = fileURLToPath(new URL("./requests.pml", import.meta.url));
const run = promisify(execFile);

/** The model's settings, as its head has them. */
export type Settings = Readonly<Record<string, number>>;

export interface Verdict {
  /** What was violated; undefined where nothing was. */
  readonly error?: string;
  readonly states: number;
  readonly transitions: number;
}

/** Whether Spin and a C compiler, which it needs to search, are installed; its version. */
export async function findSpin(): Promise<string | undefined> {
  try {
    const [{ stdout }] = await Promise.all([run("spin", ["-V"]), run("gcc", ["--version"])]);
    return stdout.trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined; // execFile's way to say that there is no such program
    throw error;
  }
}

/**
 * Searches every state. `claim`: "assertions", which hold at each state and at each end, or "endless", that no run goes on for ever.
 *
 * @throws when the search was cut short
 */
export async function searchAll(settings: Settings, claim: "assertions" | "endless" = "assertions"): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), "medexchain-spin-"));
  try {
    await run("spin", ["-a", ...defines(settings), MODEL], { cwd: folder });
    const [flag, option] = claim === "endless" ? ["-DNP", "-l"] : ["-DSAFETY", "-E"];
    await run("gcc", ["-O2", "-w", flag, "-DCOLLAPSE", "-o", "pan", "pan.c"], { cwd: folder });
    const { stdout } = await run(join(folder, "pan"), ["-m1000000", option], { cwd: folder, maxBuffer: 2 ** 24 });
    return verdictOf(stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One run, as its events in their order, e.g. `deliver 0`; the last ones are `end REQUEST STATE_ON_A STATE_ON_B`. */
export async function simulate(seed: number, settings: Settings): Promise<string[]> {
  const { stdout } = await run("spin", [`-n${seed}`, "-T", "-u100000", ...defines(settings), MODEL]);
  return stdout.split("\n").flatMap((line) => /^\s*EVENT (.+)$/.exec(line)?.[1]?.trim() ?? []);
}

const defines = (settings: Settings): string[] => Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);

/** What Spin's verifier printed. */
export function verdictOf(output: string): Verdict {
  const [, errors] = /errors: (\d+)/.exec(output) ?? [];
  const [, states] = /^\s*(\S+) states, stored/m.exec(output) ?? [];
  const [, transitions] = /^\s*(\S+) transitions/m.exec(output) ?? [];
  if (errors === undefined || states === undefined || transitions === undefined)
    throw new Error(`Spin printed something else than a verdict:\n${output}`);
  const counts = { states: Number(states), transitions: Number(transitions) };
  // A search ends at the first error, and is then not complete either.
  if (errors === "0" && /Search not completed|out of memory|max search depth/i.test(output))
    throw new Error(`Spin's search is not complete:\n${output}`);
  if (errors === "0") return counts;
  return {
    ...counts,
    error: /^pan:\d+: (.+?)(?: \(at depth \d+\))?$/m.exec(output)?.[1] ?? "an error that Spin does not name",
  };
}
