import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { missingLine, type Step } from "./steps.ts";

/** How long a block may take, in milliseconds. */
const TIMEOUT_MS = 90_000;

/** A shell that one person keeps open: what a block sets, the next one finds. */
export class Terminal {
  readonly #shell: ChildProcess;
  readonly #mark = `end-${randomUUID()}`;
  #printed = "";
  #stays = false;
  /** Everything that was printed. */
  output = "";
  /** The commands as they were run, with all variables in place. */
  commands = "";

  constructor(options: { cwd: string; env: NodeJS.ProcessEnv }) {
    // A group of its own, so that all that was started in it can be ended, and nothing else.
    const stdio = ["pipe", "pipe", "pipe", "pipe"] as const;
    this.#shell = spawn("bash", ["--noprofile", "--norc"], { ...options, stdio: [...stdio], detached: true });
    const [, stdout, , trace] = this.#shell.stdio;
    stdout?.on("data", (chunk: Buffer) => {
      this.#printed += chunk.toString("utf8");
      this.output += chunk.toString("utf8");
    });
    trace?.on("data", (chunk: Buffer) => {
      this.commands += chunk.toString("utf8");
    });
    // What a shell that has ended is still told: `run` sees that it has.
    this.#shell.stdin?.on("error", () => undefined);
    this.#write("exec 2>&1; set -euo pipefail; BASH_XTRACEFD=3; set -x");
  }

  #write(text: string): void {
    this.#shell.stdin?.write(`${text}\n`);
  }

  /** Runs a block. Rejects, with what was printed, when it ends with another code than stated or does not print what is stated. */
  async run({ script, exit, output }: Step): Promise<void> {
    if (this.#stays) throw new Error("something runs in this terminal already");
    this.#printed = "";
    this.#stays = exit === undefined;
    // No block reads the shell's own input.
    if (exit === 0 || exit === undefined) this.#write(`{\n${script}\n} < /dev/null`);
    else this.#write(`code=0; bash -euo pipefail < /dev/null -c ${quote(script)} || code=$?; test "$code" = ${exit}`);
    if (exit !== undefined) this.#write(`{ echo; echo ${this.#mark}; } 2> /dev/null`);
    const isOver = () =>
      exit === undefined ? missingLine(output, this.#printed) === undefined : this.#printed.includes(this.#mark);
    for (const deadline = performance.now() + TIMEOUT_MS; !isOver(); ) {
      if (this.#shell.exitCode !== null) throw new Error(`it failed, or did not fail as stated:\n${this.#printed}`);
      if (performance.now() > deadline) throw new Error(`it takes too long, or lacks its output:\n${this.#printed}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const missing = missingLine(output, this.#printed);
    if (missing !== undefined) throw new Error(`it did not print, or not there: ${missing}\n${this.#printed}`);
  }

  /** Ends the shell and all that was started in it and stayed. */
  async close(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#shell;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const ended = once(this.#shell, "close");
    if (this.#stays) process.kill(-pid, "SIGTERM");
    this.#shell.stdin?.end();
    await ended;
  }
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
