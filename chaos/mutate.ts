/** `npm run chaos:mutations`: is it found what is wrong with a relayer, or an audit, that is broken on purpose? */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { MedexError } from "@medexchain/core";
import { Command } from "commander";
import { type Edit, MUTATIONS, type Mutation } from "./mutations.ts";

const PROJECT = fileURLToPath(new URL("../", import.meta.url));
/** What the project makes itself, and git does not keep. */
const GENERATED = ["artifacts", "contracts/generated"];

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

/** Copies the project to a folder, broken as told. */
async function makeMutant(folder: string, { edits }: Mutation): Promise<void> {
  const { stdout } = await promisify(execFile)("git", ["ls-files"], { cwd: PROJECT, maxBuffer: 16 * 1024 * 1024 });
  for (const file of [...stdout.trim().split("\n"), ...GENERATED]) {
    await cp(join(PROJECT, file), join(folder, file), { recursive: true });
  }
  await linkPackages(folder);
  for (const edit of edits) {
    const path = join(folder, edit.file);
    await writeFile(path, applyEdit(await readFile(path, "utf8"), edit));
  }
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

async function runIn(folder: string, args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const flags = ["--conditions=@medexchain/source"];
  const child = spawn(process.execPath, [...flags, ...args], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (data: Buffer) => {
    said += data.toString();
  });
  const [code] = await once(child, "exit");
  return { code, said };
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
