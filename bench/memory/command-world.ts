/**
 * A development network whose people use the `medex` command, each time in a process of its own, so that what one command takes
 * is nobody else's: two hospitals with their gateways, a patient, a doctor.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const MEDEX = fileURLToPath(new URL("../../cli/medex.ts", import.meta.url));
const PEAK_MEMORY = new URL("./peak-memory.ts", import.meta.url).href;
/** Of vaults that are gone with the folder. */
const PASSPHRASE = "of a bench, and of nobody";
const PATIENT = "patient-4711";
const DOCTOR = "doctor-0815";

const PEOPLE = ["operations", "hospital-a", "hospital-b", "patient", "doctor"] as const;
type Name = (typeof PEOPLE)[number];

/** A command that has ended well. */
export interface Ran {
  /** What it printed with `--json`. */
  readonly result: unknown;
  /** The most memory that it held (resident set), in bytes. */
  readonly peak: number;
  /** Milliseconds, from its start to its end. */
  readonly wall: number;
}

export interface CommandWorld extends AsyncDisposable {
  /** Where files may be put; it goes with the world. */
  readonly folder: string;
  /** Runs a command of a person. Throws when it fails, with what it wrote. */
  run(person: "patient" | "doctor", ...args: readonly string[]): Promise<Ran>;
}

/** Starts it. */
export async function startCommandWorld(): Promise<CommandWorld> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "medexchain-commands-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  for (const name of PEOPLE) await mkdir(join(folder, name));

  function start(name: Name, args: readonly string[], more: NodeJS.ProcessEnv = {}): ChildProcess {
    const env = {
      ...process.env,
      MEDEX_HOME: join(folder, name),
      MEDEX_PASSPHRASE: PASSPHRASE,
      MEDEX_CONFIGURATION: join(folder, "medex.config.json"),
      ...more,
    };
    return spawn(process.execPath, ["--import", PEAK_MEMORY, MEDEX, ...args], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  async function run(name: Name, ...args: readonly string[]): Promise<Ran> {
    const peakFile = join(folder, "peak");
    const started = performance.now();
    const child = start(name, [...args, "--json"], { MEDEX_BENCH_PEAK_FILE: peakFile });
    const printed: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => printed.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => complaints.push(chunk));
    const [code, signal] = await once(child, "close");
    const wall = performance.now() - started;
    if (code !== 0) {
      throw new Error(`medex ${args.join(" ")} ended with ${code ?? signal}: ${Buffer.concat(complaints)}`);
    }
    const peak = 1024 * Number(await readFile(peakFile, "utf8"));
    const text = Buffer.concat(printed).toString();
    return { result: text === "" ? undefined : JSON.parse(text), peak, wall };
  }

  function stays(name: Name, ...args: readonly string[]): ChildProcess {
    const child = start(name, [...args, "--json"]);
    stack.defer(async () => {
      const ended = once(child, "exit");
      if (child.kill()) await ended;
    });
    return child;
  }

  await firstResult(stays("operations", "devnet", "up", "--any-ports"));
  await foundHospitals(run, folder);
  for (const [name, title, chain] of [
    ["hospital-a", "Hospital A", "chainA"],
    ["hospital-b", "Hospital B", "chainB"],
  ] as const) {
    const { url } = serving.parse(
      await firstResult(stays(name, "hospital", "serve", "--with-firewall", "--port", "0")),
    );
    await run(name, "hospital", "add", title, "--chain", chain, "--gateway", url);
  }
  await run("hospital-a", "hospital", "limit", "1000");
  await enrolMembers(run);
  const all = stack.move();
  return { folder, run, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

type Run = (name: Name, ...args: readonly string[]) => Promise<Ran>;

const accounts = z.array(z.object({ account: z.string().optional() }));

async function accountOf(run: Run, name: Name): Promise<string> {
  const [first] = accounts.parse((await run(name, "keys", "list")).result);
  if (first?.account === undefined) throw new Error(`${name} has no vault with an account`);
  return first.account;
}

async function foundHospitals(run: Run, folder: string): Promise<void> {
  await run("hospital-a", "hospital", "init", "Hospital A", "--scheme", "ibe", "--chain", "chainA", "--with-firewall");
  await run("hospital-b", "hospital", "init", "Hospital B", "--scheme", "clc", "--chain", "chainB", "--with-firewall");
  const operators = [await accountOf(run, "hospital-a"), await accountOf(run, "hospital-b")];
  await run("operations", "devnet", "fund", ...operators);
  const key = join(folder, "operations", "devnet-registrar.key");
  for (const name of ["hospital-a", "hospital-b"]) {
    await run("operations", "hospital", "register", `${name}.registration.json`, "--registrar-key-file", key);
  }
}

async function enrolMembers(run: Run): Promise<void> {
  await run("patient", "keys", "create", "owner", "patient");
  await run("doctor", "keys", "create", "doctor", "doctor");
  const patient = await accountOf(run, "patient");
  const doctor = await accountOf(run, "doctor");
  await run("operations", "devnet", "fund", patient, doctor);
  await run("hospital-a", "member", "enrol", PATIENT, "--account", patient);
  await run("hospital-b", "member", "enrol", DOCTOR, "--account", doctor);
  await run("patient", "member", "join", "Hospital A", PATIENT);
  await run("doctor", "member", "join", "Hospital B", DOCTOR);
}

const serving = z.object({ url: z.string() });

/** What a command that stays prints when it serves. */
async function firstResult(child: ChildProcess): Promise<unknown> {
  let printed = "";
  for await (const chunk of child.stdout ?? []) {
    printed += String(chunk);
    if (printed.trimEnd().endsWith("}")) return JSON.parse(printed);
  }
  throw new Error(`the command ended with ${printed}`);
}
