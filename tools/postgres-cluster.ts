/**
 * A private PostgreSQL cluster in a temporary folder, which is gone after. Needs PostgreSQL's own programs (Debian:
 * `apt install postgresql`). They refuse to run as root; then `nobody` runs them.
 */
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const NOBODY = 65_534;
/** After a crash, what is left of the old server may keep the new one from starting for a moment. */
const START_TRIES = 20;
const START_PAUSE_MS = 250;

export interface PostgresCluster extends AsyncDisposable {
  /** Of the database `postgres`, as an account that may do everything. */
  readonly url: string;
  /** Of the server's first process, as long as it runs. */
  readonly pid: number;
  /** SIGKILL to the server: what it had not written down is lost, every connection breaks. */
  crash(): void;
  /** Starts it again after a crash, on the same port and data. */
  start(): Promise<void>;
}

/** Where PostgreSQL's programs are; undefined where they are not installed. */
export function findPostgres(): string | undefined {
  const installed = globSync("/usr/lib/postgresql/*/bin").sort().reverse();
  const folders = [...installed, ...(process.env.PATH ?? "").split(delimiter)];
  return folders.find((folder) => ["initdb", "pg_ctl"].every((name) => existsSync(join(folder, name))));
}

/**
 * Makes and starts a cluster.
 *
 * @param bin from `findPostgres`
 */
export async function startPostgresCluster(bin: string): Promise<PostgresCluster> {
  const directory = mkdtempSync(join(tmpdir(), "medex-postgres-"));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    const isRoot = process.getuid?.() === 0;
    const runAs = { cwd: directory, ...(isRoot && { uid: NOBODY, gid: NOBODY }) } as const;
    if (isRoot) chownSync(directory, NOBODY, NOBODY);
    chmodSync(directory, 0o700);
    const data = join(directory, "data");
    const port = await freePort();
    const initdb = ["-D", data, "-U", "medex", "-A", "trust", "-E", "UTF8", "--no-sync"];
    await promisify(execFile)(join(bin, "initdb"), initdb, runAs);
    // A test cluster need not survive the machine: without fsync the suite runs in a fraction of the time.
    const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200`;
    const pgCtl = (...args: string[]) =>
      // pg_ctl's server keeps the pipe of its parent open: with "ignore" this call returns.
      execFileSync(join(bin, "pg_ctl"), ["-D", data, ...args], { ...runAs, stdio: "ignore" });
    const start = async (): Promise<void> => {
      for (let tried = 1; ; tried += 1) {
        try {
          pgCtl("-l", join(directory, "log"), "-w", "-o", settings, "start");
          return;
        } catch (error) {
          if (tried === START_TRIES) throw error;
          await sleep(START_PAUSE_MS);
        }
      }
    };
    await start();
    return {
      url: `postgres://medex@127.0.0.1:${port}/postgres`,
      get pid() {
        return pidOf(data);
      },
      crash: () => process.kill(pidOf(data), "SIGKILL"),
      start,
      [Symbol.asyncDispose]: async () => {
        try {
          pgCtl("-m", "immediate", "-w", "stop");
        } finally {
          remove();
        }
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

const pidOf = (data: string): number => Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]);

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
