/** `npm run mutate:contracts`: is it found what is wrong with a contract that is broken on purpose? */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MedexError } from "@medexchain/core";
import { Command } from "commander";
import { applyEdit } from "../edit.ts";
import { copyProject, runIn } from "../project-copy.ts";
import { type Contracts, openContracts } from "./compile.ts";
import type { ContractMutation } from "./mutation.ts";
import { MUTATIONS } from "./mutations.ts";

const HARDHAT = "node_modules/hardhat/dist/src/cli.js";
interface Choice {
  readonly only?: readonly string[];
  /** The first to try. */
  readonly from?: string;
}

const isSolidity = (file: string): boolean => file.endsWith(".t.sol");

/** The tests of one kind, in one process, as far as the first that fails. */
async function fails(folder: string, args: readonly string[], files: readonly string[]): Promise<boolean> {
  if (files.length === 0) return false;
  const { code, said } = await runIn(folder, [HARDHAT, "test", ...args, ...files], "ignore");
  if (code === 0) return false;
  // A matcher of Hardhat's may end the run at a failed assertion, before mocha has counted it.
  if (/\d+ failing|Missing "await" on async assert/.test(said)) return true;
  throw new MedexError("INPUT_INVALID", `${files.join(", ")} did not run (exit code ${code}):\n${said.slice(-2000)}`);
}

/** Whether one of the test files fails. Hardhat compiles for its Solidity tests itself. */
async function isFound(folder: string, tests: readonly string[]): Promise<boolean> {
  const mocha = tests.filter((file) => !isSolidity(file));
  return (
    (await fails(folder, ["mocha", "--no-compile", "--bail"], mocha)) ||
    (await fails(folder, ["solidity"], tests.filter(isSolidity)))
  );
}

/** Breaks the copy, runs the tests, and puts it right again. */
async function isKilled(folder: string, contracts: Contracts, mutation: ContractMutation): Promise<boolean> {
  const path = join(folder, mutation.file);
  const text = await readFile(path, "utf8");
  const broken = applyEdit(text, mutation);
  await writeFile(path, broken);
  const undo = mutation.killedBy.every(isSolidity) ? undefined : await contracts.compileWith(mutation.file, broken);
  try {
    return await isFound(folder, mutation.killedBy);
  } finally {
    await undo?.();
    await writeFile(path, text);
  }
}

/** Tries mutations one after the other in one copy; the names of those that are not killed. */
async function tryAll(mutations: readonly ContractMutation[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "medexchain-mutants-"));
  const wrong: string[] = [];
  try {
    await copyProject(folder);
    const contracts = await openContracts(folder);
    const tests = [...new Set(mutations.flatMap(({ killedBy }) => killedBy))];
    // A test that fails without a mutation would kill any.
    if (await isFound(folder, tests)) {
      throw new MedexError("INPUT_INVALID", "the tests fail with the contracts as they are: make them pass first");
    }
    for (const mutation of mutations) {
      const verdict = await isKilled(folder, contracts, mutation).then(
        (killed) => (killed ? "killed" : "survived"),
        (error: unknown) => `could not be tried: ${error instanceof Error ? error.message : error}`,
      );
      process.stdout.write(`${mutation.name}: ${verdict} (${mutation.killedBy.join(", ")})\n`);
      if (verdict !== "killed") wrong.push(mutation.name);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return wrong;
}

/**
 * Those from one on, and of them those that are named.
 *
 * @throws INPUT_INVALID for a name that no mutation has
 */
export function choose({ only, from }: Choice): readonly ContractMutation[] {
  const names = MUTATIONS.map(({ name }) => name);
  const unknown = [...(only ?? []), ...(from === undefined ? [] : [from])].find((name) => !names.includes(name));
  if (unknown !== undefined) throw new MedexError("INPUT_INVALID", `there is no mutation ${unknown}: see --list`);
  const rest = from === undefined ? MUTATIONS : MUTATIONS.slice(names.indexOf(from));
  return rest.filter(({ name }) => only?.includes(name) ?? true);
}

async function main(): Promise<number> {
  const program = new Command("mutate:contracts")
    .description(
      "Break the contracts on purpose, one way after the other, and see that the named tests fail each time.",
    )
    .option("--only <names...>", "these mutations alone")
    .option("--from <name>", "this mutation and those after it, for instance where a run was broken off")
    .option("--list", "print the mutations, and try none")
    .parse();
  const { list, ...choice } = program.opts<Choice & { list?: true }>();
  const mutations = choose(choice);
  if (list) {
    for (const { name, file, what } of mutations) process.stdout.write(`${name} (${file}): ${what}\n`);
    return 0;
  }
  const start = performance.now();
  const wrong = await tryAll(mutations);
  const minutes = ((performance.now() - start) / 60_000).toFixed(1);
  process.stdout.write(`${mutations.length - wrong.length} of ${mutations.length} killed in ${minutes} min\n`);
  if (wrong.length > 0) process.stdout.write(`not killed: ${wrong.join(", ")}\n`);
  return wrong.length > 0 ? 1 : 0;
}

if (import.meta.main) {
  process.exitCode = await main().catch((error: unknown) => {
    if (!(error instanceof MedexError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  });
}
