/**
 * Runs a command with `DATABASE_URL` set to a private PostgreSQL cluster, which is made in a temporary folder and gone after:
 *
 *   node tools/with-postgres.ts npx mocha 'test/relayer/*.test.ts'
 *
 * Needs PostgreSQL's own programs (Debian: `apt install postgresql`). They refuse to run as root; then `nobody` runs them.
 */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const NOBODY = 65_534;

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error("usage: node tools/with-postgres.ts <command> [arguments...]");
  process.exit(64);
}

const bin = findPrograms();
if (bin === undefined) {
  console.error("with-postgres: initdb and pg_ctl were not found; install PostgreSQL (Debian: apt install postgresql)");
  process.exit(69);
}

const directory = mkdtempSync(join(tmpdir(), "medex-postgres-"));
const isRoot = process.getuid?.() === 0;
const runAs = { stdio: "pipe", cwd: directory, ...(isRoot && { uid: NOBODY, gid: NOBODY }) } as const;
if (isRoot) chownSync(directory, NOBODY, NOBODY);
chmodSync(directory, 0o700);
const data = join(directory, "data");
const port = await freePort();

let code = 70;
try {
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "medex", "-A", "trust", "-E", "UTF8", "--no-sync"], runAs);
  // A test cluster need not survive the machine: without fsync the suite runs in a fraction of the time.
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200`;
  const log = join(directory, "log");
  // pg_ctl's server keeps the pipe of its parent open: with "ignore" this call returns.
  execFileSync(join(bin, "pg_ctl"), ["-D", data, "-l", log, "-w", "-o", settings, "start"], {
    ...runAs,
    stdio: "ignore",
  });
  try {
    const DATABASE_URL = `postgres://medex@127.0.0.1:${port}/postgres`;
    const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, DATABASE_URL } });
    // Told to end, the command ends first: the cluster is taken down after it, and not left behind.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
    code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (status) => resolve(status ?? 1));
    });
  } finally {
    execFileSync(join(bin, "pg_ctl"), ["-D", data, "-m", "immediate", "-w", "stop"], runAs);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exitCode = code;

function findPrograms(): string | undefined {
  const installed = globSync("/usr/lib/postgresql/*/bin").sort().reverse();
  const folders = [...installed, ...(process.env.PATH ?? "").split(delimiter)];
  return folders.find((folder) => ["initdb", "pg_ctl"].every((name) => existsSync(join(folder, name))));
}

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
