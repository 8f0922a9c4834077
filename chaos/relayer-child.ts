/** One relayer as a child process: started, killed, and started again whenever it ends, as a service manager does. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export interface RelayerChildOptions {
  /** Where its configuration, secrets and log go. */
  readonly directory: string;
  readonly name: string;
  /** For `parseRelayerConfig`, in JSON types. */
  readonly config: unknown;
  readonly secrets: { readonly accountKey: string; readonly sealingKey: string };
  /** The program; the project's own unless given. */
  readonly program?: string;
  /** Told what it logs, in pieces. */
  readonly onLog?: (text: string) => void;
  /** Options of Node. */
  readonly nodeOptions?: readonly string[];
}

export interface RelayerChild extends AsyncDisposable {
  /** SIGKILL, then a new start after `down` ms. */
  kill(down: number): void;
  /** Process id; undefined while it is down. */
  readonly pid: number | undefined;
  readonly counts: { starts: number; kills: number; crashes: number };
  /** How often it ended by itself, by what it said last: an error's code or its message. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Its log: what the relayer logs, and why it could not start. */
  readonly logFile: string;
}

const RESTART_MS = 500;
const STOP_MS = 10_000;
const PROGRAM = fileURLToPath(new URL("./relayer-process.ts", import.meta.url));

export async function startRelayerChild(options: RelayerChildOptions): Promise<RelayerChild> {
  const { directory, name } = options;
  const secretsFile = join(directory, `${name}.secrets.json`);
  const configFile = join(directory, `${name}.json`);
  const logFile = join(directory, `${name}.log`);
  await writeFile(secretsFile, JSON.stringify(options.secrets), { mode: 0o600 });
  await writeFile(configFile, JSON.stringify({ relayer: options.config, secretsFile }));

  const log = createWriteStream(logFile, { flags: "a" });
  const counts = { starts: 0, kills: 0, crashes: 0 };
  const reasons = new Map<string, number>();
  let child: ChildProcess | undefined;
  let pause = RESTART_MS;
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const started = spawn(
        process.execPath,
        [...(options.nodeOptions ?? []), options.program ?? PROGRAM, configFile],
        {
          stdio: ["ignore", "pipe", "pipe", "ipc"],
        },
      );
      child = started;
      counts.starts += 1;
      started.stdout?.pipe(log, { end: false });
      started.stdout?.on("data", (data: Buffer) => options.onLog?.(data.toString()));
      started.stderr?.pipe(log, { end: false });
      let said = "";
      started.stderr?.on("data", (data: Buffer) => {
        said = (said + data.toString()).slice(-20_000);
      });
      const [, signal] = await once(started, "exit");
      child = undefined;
      if (signal !== "SIGKILL" && !stopping.signal.aborted) {
        counts.crashes += 1;
        const reason = reasonIn(said);
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
      // Cut short by the signal, the pause rejects.
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      pause = RESTART_MS;
    }
  })();

  return {
    counts,
    reasons,
    logFile,
    get pid() {
      return child?.pid;
    },
    kill: (down) => {
      if (!child) return;
      counts.kills += 1;
      pause = down;
      child.kill("SIGKILL");
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      child?.kill("SIGTERM");
      const giveUp = setTimeout(() => child?.kill("SIGKILL"), STOP_MS);
      await running;
      clearTimeout(giveUp);
      await new Promise<void>((done) => log.end(done));
    },
  };
}

/** The code of a registered error, or the first line that names another. */
function reasonIn(said: string): string {
  return /^([A-Z_]+): /m.exec(said)?.[1] ?? /^\s*(\w*Error: .{0,100})/m.exec(said)?.[1] ?? "no reason given";
}
