/** `npm run chaos:mutations`: is it found what is wrong with a relayer, or an audit, that is broken on purpose? */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MedexError } from "@medexchain/core";
import { Command } from "commander";
import { applyEdit } from "./edit.ts";
import { MUTATIONS, type Mutation } from "./mutations.ts";
import { copyProject, runIn } from "./project-copy.ts";

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
    throw new MedexError("INPUT_INVALID", `seed ${seed}: the run did not come to an end (exit code ${code})`);
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

async function runMutation(mutation: Mutation, seeds: readonly number[], requests: number): Promise<boolean> {
  const { name, foundBy } = mutation;
  const folder = await mkdtemp(join(tmpdir(), "medexchain-mutant-"));
  try {
    await makeMutant(folder, mutation);
    if (foundBy !== undefined && "test" in foundBy) {
      const { found, summary } = await tryTest(folder, foundBy.test);
      process.stdout.write(`${name}: ${found ? "found" : "not found"} by ${foundBy.test} (${summary})\n`);
      return found;
    }
    for (const seed of seeds.length > 0 ? seeds : [foundBy?.seed ?? 1]) {
      const { found, summary } = await trySeed(folder, seed, requests);
      process.stdout.write(`${name}: ${found ? "found" : "not found"} by seed ${seed} (${summary})\n`);
      if (found) return true;
    }
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const program = new Command("chaos:mutations")
    .description("Break the relayer or the audit on purpose, one way after the other, and see that each is found.")
    .option("--only <names...>", "these mutations alone")
    .option("--seeds <n...>", "try these one after the other, until one finds it; else the one that is known to")
    .option("--requests <k>", "requests in a run", "40")
    .parse();
  const { only, seeds, requests } = program.opts<{ only?: string[]; seeds?: string[]; requests: string }>();
  const wrong: string[] = [];
  for (const mutation of MUTATIONS) {
    if (only && !only.includes(mutation.name)) continue;
    const found = await runMutation(mutation, (seeds ?? []).map(Number), Number(requests));
    if (found !== (mutation.foundBy !== undefined)) wrong.push(mutation.name);
  }
  process.stdout.write(wrong.length ? `not as expected: ${wrong.join(", ")}\n` : "all as expected\n");
  process.exit(wrong.length ? 1 : 0);
}
