/**
 * `npm run test:real-anvil` and its kin: starts a server that others wrote, and runs suites on it.
 *
 *   node tools/real-servers/main.ts <server> [--update]
 *
 * With `--update` the result is written into docs/real-servers.md.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { besu } from "./besu.ts";
import { anvil, geth } from "./chains.ts";
import { hapi } from "./hapi.ts";
import { hornet } from "./hornet.ts";
import { kubo } from "./kubo.ts";
import { keepResult } from "./page.ts";
import type { RealServer } from "./server.ts";

const SERVERS: Readonly<Record<string, RealServer>> = { anvil, geth, besu, kubo, hornet, hapi };
/** A chain that makes a block a second takes its time. */
const TEST_TIMEOUT_MS = 600_000;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const { positionals, values } = parseArgs({ allowPositionals: true, options: { update: { type: "boolean" } } });
const server = SERVERS[positionals[0] ?? ""];
if (server === undefined || positionals.length !== 1) {
  console.error(`usage: node tools/real-servers/main.ts ${Object.keys(SERVERS).join("|")} [--update]`);
  process.exit(64);
}
const missing = server.missing();
if (missing !== undefined) {
  console.error(`${server.title} is not here, and nothing was tested. ${missing}`);
  process.exit(69);
}

await using stack = new AsyncDisposableStack();
const directory = await mkdtemp(join(tmpdir(), "medex-real-"));
stack.defer(() => rm(directory, { recursive: true, force: true }));
const { version, environment } = await server.start(directory, stack);
console.log(`${server.title} ${version}`);

const mocha = [
  "node_modules/mocha/bin/mocha.js",
  "--no-config",
  "--require",
  "./test/world/hooks.ts",
  "--extension",
  "ts",
  "--exit",
];
mocha.push("--timeout", String(TEST_TIMEOUT_MS), "--forbid-pending", "--forbid-only", ...server.suites);
// By node itself: an npx inside of an npx takes the outer one's command line for its own.
const child = spawn(process.execPath, mocha, {
  cwd: ROOT,
  stdio: ["inherit", "pipe", "inherit"],
  env: { ...process.env, NODE_OPTIONS: "--conditions=@medexchain/source", ...environment },
});
let printed = "";
child.stdout.on("data", (chunk: Buffer) => {
  process.stdout.write(chunk);
  printed += chunk.toString();
});
// Told to end, the tests end first: the servers are taken down after them, and not left behind.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
const status = await new Promise<number>((resolve, reject) => {
  child.once("error", reject);
  child.once("close", (code) => resolve(code ?? 1));
});
process.exitCode = status;
if (status === 0 && values.update) {
  const passed = Number(/^ +(\d+) passing/m.exec(printed)?.[1]);
  const date = new Date().toISOString().slice(0, 10);
  const { title, how, suites } = server;
  await keepResult(title, { version, date, passed, how, suites: [...suites] });
}
