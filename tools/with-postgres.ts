/**
 * Runs tests with `MEDEX_TEST_DATABASE_URL` set to a private PostgreSQL cluster, which is gone after:
 *
 *   node tools/with-postgres.ts npx mocha 'test/relayer/*.test.ts'
 */
import { spawn } from "node:child_process";
import { findPostgres, startPostgresCluster } from "./postgres-cluster.ts";

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error("usage: node tools/with-postgres.ts <command> [arguments...]");
  process.exit(64);
}

const bin = findPostgres();
if (bin === undefined) {
  console.error("with-postgres: initdb and pg_ctl were not found; install PostgreSQL (Debian: apt install postgresql)");
  process.exit(69);
}

await using cluster = await startPostgresCluster(bin);
const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, MEDEX_TEST_DATABASE_URL: cluster.url } });
// Told to end, the command ends first: the cluster is taken down after it, and not left behind.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
process.exitCode = await new Promise<number>((resolve, reject) => {
  child.once("error", reject);
  child.once("exit", (status) => resolve(status ?? 1));
});
