/** `npm run chaos:mutations`: is it found what is wrong with a relayer, or an audit, that is broken on purpose? */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MedexError } from "@medexchain/core";
import { Command } from "commander";
import { applyEdit } from "./edit.ts";
import { MUTATIONS, type Mutation } from "./mutations.ts";
import { copyProject, runIn } from "./project-copy.ts";
import { type Look, tryEach } from "./try-each.ts";

/** Copies the project to a folder, broken as told. */
async function makeMutant(folder: string, { edits }: Mutation): Promise<void> {
  await copyProject(folder);
  for (const edit of edits) {
    const path = join(folder, edit.file);
    await writeFile(path, applyEdit(await readFile(path, "utf8"), edit));
  }
}

/** Runs a seed with the mutant; the findings, and whether there were any. */
async function trySeed(folder: string, seed: number, requests: number): Promise<{ found: boolean; summary: string }> {
  // One relayer: with two databases, what one forgets the other may still do.
  const args = ["chaos/main.ts", "--seed", `${seed}`, "--requests", `${requests}`, "--relayers", "1"];
  const { code, said } = await runIn(folder, args);
  const summary = said
    .slice(said.lastIndexOf(`\nseed ${seed}:`))
    .split("\n")
    .slice(1, 3)
    .join("; ");
  // 1 says that something was found; anything else that the run itself failed.
  if (code !== 0 && !/lost \d+, doubled \d+/.test(summary)) {
    throw new MedexError("INPUT_INVALID", `the run did not come to an end (exit code ${code})`);
  }
  return { found: code !== 0, summary };
}

/** Runs a test file with the mutant. It passes with what is not broken, as `npm test` shows. */
async function tryTest(folder: string, file: string): Promise<{ found: boolean; summary: string }> {
  const mocha = ["node_modules/mocha/bin/mocha.js", "--no-config", "--extension", "ts", "--timeout", "120000"];
  const { code, said } = await runIn(folder, [...mocha, file]);
  const summary = [...said.matchAll(/\d+ (?:passing|failing)/g)].map(([text]) => text).join(", ");
  if (summary === "") throw new MedexError("INPUT_INVALID", `${file} did not run (exit code ${code})`);
  return { found: code !== 0, summary };
}

/** What is tried of each mutation. */
interface Tries {
  /** Instead of the seed that is known. */
  readonly seeds: readonly number[];
  readonly requests: number;
  /** The test that is known, and no run, where there is one. */
  readonly testsAlone: boolean;
}

/** Breaks a copy of the project, which is gone afterwards, and says how to look for what is wrong with it. */
async function openMutant(mutation: Mutation, tries: Tries): Promise<{ looks: Look[] } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(await mkdtemp(join(tmpdir(), "medexchain-mutant-")), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  await makeMutant(folder, mutation);
  const made = stack.move();
  return { looks: looksAt(mutation, folder, tries), [Symbol.asyncDispose]: () => made.disposeAsync() };
}

function looksAt({ foundBy }: Mutation, folder: string, { seeds, requests, testsAlone }: Tries): Look[] {
  const { seed, test } = foundBy ?? { seed: 1 };
  const byTest: Look[] = test === undefined ? [] : [{ by: test, run: () => tryTest(folder, test) }];
  if (testsAlone && byTest.length > 0) return byTest;
  const known = seed === undefined ? [] : [seed];
  const bySeeds = (seeds.length > 0 ? seeds : known).map((number) => ({
    by: `seed ${number}`,
    run: () => trySeed(folder, number, requests),
  }));
  return [...bySeeds, ...byTest];
}

/** @throws INPUT_INVALID for a name that no mutation has */
function choose(names: readonly string[] | undefined): readonly Mutation[] {
  const unknown = names?.find((name) => MUTATIONS.every((mutation) => mutation.name !== name));
  if (unknown !== undefined) throw new MedexError("INPUT_INVALID", `there is no mutation ${unknown}: see --list`);
  return MUTATIONS.filter(({ name }) => names?.includes(name) ?? true);
}

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new MedexError("INPUT_INVALID", `seeds and requests must be whole numbers, not ${text}`);
  }
  return value;
};

async function main(): Promise<number> {
  const program = new Command("chaos:mutations")
    .description("Break the relayer or the audit on purpose, one way after the other, and see that each is found.")
    .option("--only <names...>", "these mutations alone")
    .option("--seeds <n...>", "try these one after the other, until one finds it; else the one that is known to")
    .option("--tests", "look by the tests that are known to find it, where there are, and not by runs")
    .option("--requests <k>", "requests in a run", "40")
    .option("--list", "print the mutations, and try none")
    .parse();
  const { only, seeds, requests, tests, list } = program.opts<{
    only?: string[];
    seeds?: string[];
    tests?: true;
    requests: string;
    list?: true;
  }>();
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const mutations = choose(only);
  if (list) {
    for (const { name, what } of mutations) print(`${name}: ${what}`);
    return 0;
  }
  const tries: Tries = {
    seeds: (seeds ?? []).map(wholeNumber),
    requests: wholeNumber(requests),
    testsAlone: tests === true,
  };
  const wrong = await tryEach(mutations, (mutation) => openMutant(mutation, tries), print);
  print(wrong.length > 0 ? `not as expected: ${wrong.join(", ")}` : "all as expected");
  return wrong.length > 0 ? 1 : 0;
}

if (import.meta.main) {
  process.exitCode = await main().catch((error: unknown) => {
    if (!(error instanceof MedexError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  });
}
