/** What a real server is to `npm run test:real-*`: how it is had, how it is started, and which suites run on it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** How long a server may take until it answers, in milliseconds. */
const START_MS = 600_000;
const LOOK_MS = 200;
/** How long it may take to end, before it is killed. */
const STOP_MS = 20_000;
/** How much of what a server printed an error repeats, in characters. */
const TAIL = 2_000;

/** The variables of test/world/servers.ts that a run sets. */
export type Environment = Readonly<Record<`MEDEX_TEST_${string}`, string>>;

/** A server that runs, by the word of the server itself. */
export interface Running {
  readonly version: string;
  readonly environment: Environment;
}

export interface RealServer {
  /** As in the page. */
  readonly title: string;
  /** How it runs here, for the page: one line. */
  readonly how: string;
  /** Files of mocha suites. */
  readonly suites: readonly string[];
  /** What to do where it cannot be had; undefined where it can. */
  missing(): string | undefined;
  /** Starts it, with its data in `directory`; what was started ends with `stack`. */
  start(directory: string, stack: AsyncDisposableStack): Promise<Running>;
}

export interface ServerProcess {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Asked until it resolves: the server answers. */
  readonly ready: () => Promise<unknown>;
}

/**
 * Starts a program and waits until it answers. It ends with `stack`.
 *
 * @throws Error with the end of what it printed, when it exits first or takes more than ten minutes
 */
export async function startProcess(server: ServerProcess, stack: AsyncDisposableStack): Promise<ChildProcess> {
  const { command, args, cwd, environment } = server;
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  const keep = (chunk: Buffer) => {
    printed = (printed + chunk.toString()).slice(-TAIL);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const failed = new Promise<never>((_resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${command} ended with ${code}:\n${printed}`)));
  });
  failed.catch(() => {}); // it ends with the stack, too
  stack.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    // Asked first: a wrapper hands that on to the program that it started, which SIGKILL would leave behind.
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
  });
  const answers = async () => {
    for (const deadline = performance.now() + START_MS; performance.now() < deadline; await sleep(LOOK_MS)) {
      const answer = await server.ready().catch(() => undefined);
      if (answer !== undefined) return;
    }
    throw new Error(`${command} does not answer after ${START_MS} ms:\n${printed}`);
  };
  await Promise.race([answers(), failed]);
  return child;
}

/** A port on which nothing listens now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await once(probe.listen(0, "127.0.0.1"), "listening");
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** What a chain's node answers to a call without parameters. */
export async function rpc(url: string, method: string): Promise<string> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: [] });
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { result }: { result?: unknown } = JSON.parse(await answer.text());
  return String(result);
}
