import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

/** The command's file. */
export const MEDEX = fileURLToPath(new URL("../../../cli/medex.ts", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as one person runs it, each time in a process of its own. */
export class Person {
  readonly #env: NodeJS.ProcessEnv;
  readonly #cwd: string;
  /** Everything that was given to and printed by any command of this person. */
  transcript = "";

  constructor(cwd: string, env: { MEDEX_HOME: string; MEDEX_PASSPHRASE?: string }) {
    const { MEDEX_PASSPHRASE: _, ...inherited } = process.env;
    this.#cwd = cwd;
    // One cache of compiled modules for all, so that each process starts sooner.
    this.#env = { ...inherited, NODE_COMPILE_CACHE: join(cwd, "cache"), ...env };
  }

  /** Starts a command. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    this.transcript += `$ medex ${args.join(" ")}\n`;
    const child = spawn(process.execPath, [MEDEX, ...args], {
      cwd: this.#cwd,
      env: { ...this.#env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        this.transcript += chunk;
      });
    }
    return child;
  }

  /** Runs a command to its end, whatever that is. */
  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const child = this.start(args, env);
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (chunk: string) => {
      stdout += chunk;
    });
    child.stderr?.on("data", (chunk: string) => {
      stderr += chunk;
    });
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { code, stdout, stderr };
  }

  /** Runs a command that must succeed; its result, from `--json`. */
  async ok(...args: string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await this.run([...args, "--json"]);
    expect(code, `medex ${args.join(" ")}: ${stderr}`).to.equal(0);
    return JSON.parse(stdout);
  }

  /** Runs a command that must fail with this code. */
  fails(code: string, ...args: string[]): Promise<Ended> {
    return this.#ends(1, code, args);
  }

  /** Runs a command that is called wrongly, and must be refused with this code. */
  misuses(code: string, ...args: string[]): Promise<Ended> {
    return this.#ends(2, code, args);
  }

  async #ends(exitCode: number, code: string, args: readonly string[]): Promise<Ended> {
    const ended = await this.run(args);
    expect(ended.code, ended.stderr).to.equal(exitCode);
    expect(ended.stderr).to.include(`[${code}]`);
    return ended;
  }
}

/** Waits for the first line of a command that stays, and parses what it printed as JSON. */
export async function firstResult(child: ChildProcess): Promise<Record<string, unknown>> {
  let printed = "";
  for await (const chunk of child.stdout ?? []) {
    printed += chunk;
    if (printed.trimEnd().endsWith("}")) return JSON.parse(printed);
  }
  throw new Error(`it ended with ${printed}`);
}
