/** `npm run chaos:mutations`: does a run find what is wrong with a relayer that is broken on purpose? */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { MedexError } from "@medexchain/core";
import { Command } from "commander";
import { type Edit, MUTATIONS, type Mutation } from "./mutations.ts";

const PROJECT = fileURLToPath(new URL("../", import.meta.url));
/** What a relayer's process is made of. */
const PARTS = ["relayer", "offchain", "contracts", "chaos", "package.json"];

/**
 * Makes an edit.
 *
 * @throws INPUT_INVALID when the text is not there exactly once: the relayer has changed, and the mutation must follow
 */
export function applyEdit(text: string, { file, from, to }: Edit): string {
  if (text.split(from).length === 2) return text.replace(from, () => to);
  throw new MedexError(
    "INPUT_INVALID",
    `a mutation of ${file} does not fit any more: bring chaos/mutations.ts up to it`,
  );
}

/** Copies the relayer to a folder, broken as told; the path of its program. */
async function makeMutant(folder: string, { edits }: Mutation): Promise<string> {
  for (const part of PARTS) await cp(join(PROJECT, part), join(folder, part), { recursive: true });
  await linkPackages(folder);
  for (const edit of edits) {
    const path = join(folder, edit.file);
    await writeFile(path, applyEdit(await readFile(path, "utf8"), edit));
  }
  return join(folder, "chaos", "relayer-process.ts");
}

/** Others' packages are the project's own; ours are the copies, since a link leads to the sources that it stands for. */
async function linkPackages(folder: string): Promise<void> {
  const installed = join(PROJECT, "node_modules");
  const ours = join(folder, "node_modules", "@medexchain");
  await mkdir(ours, { recursive: true });
  for (const name of await readdir(installed)) {
    if (name !== "@medexchain") await symlink(join(installed, name), join(folder, "node_modules", name));
  }
  for (const name of await readdir(join(installed, "@medexchain"))) {
    const source = await realpath(join(installed, "@medexchain", name));
    await symlink(join(folder, relative(await realpath(PROJECT), source)), join(ours, name));
  }
}

/** Runs a seed with another relayer; the findings, and whether there were any. */
async function tryOn(program: string, seed: number, requests: number): Promise<{ found: boolean; summary: string }> {
  // One relayer: with two databases, what one forgets the other may still do.
  const args = [join(PROJECT, "chaos", "main.ts"), "--seed", `${seed}`, "--requests", `${requests}`, "--relayers", "1"];
  const child = spawn(process.execPath, [...args, "--program", program], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (data: Buffer) => {
    said += data.toString();
  });
  const [code] = await once(child, "exit");
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

async function runMutation(mutation: Mutation, seeds: readonly number[], requests: number): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "medexchain-mutant-"));
  try {
    const program = await makeMutant(folder, mutation);
    for (const seed of seeds) {
      const { found, summary } = await tryOn(program, seed, requests);
      process.stdout.write(`${mutation.name}: ${found ? "found" : "not found"} by seed ${seed} (${summary})\n`);
      if (found) return true;
    }
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const program = new Command("chaos:mutations")
    .description("Break the relayer on purpose, one way after the other, and see that a chaos run finds each.")
    .option("--only <names...>", "these mutations alone")
    .option("--seeds <n...>", "try these one after the other, until one finds it; else the one that is known to")
    .option("--requests <k>", "requests in a run", "40")
    .parse();
  const { only, seeds, requests } = program.opts<{ only?: string[]; seeds?: string[]; requests: string }>();
  const wrong: string[] = [];
  for (const mutation of MUTATIONS) {
    if (only && !only.includes(mutation.name)) continue;
    const found = await runMutation(mutation, seeds?.map(Number) ?? [mutation.seed ?? 1], Number(requests));
    if (found !== (mutation.seed !== undefined)) wrong.push(mutation.name);
  }
  process.stdout.write(wrong.length ? `not as expected: ${wrong.join(", ")}\n` : "all as expected\n");
  process.exit(wrong.length ? 1 : 0);
}
